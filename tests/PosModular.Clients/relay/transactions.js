// #region fragments
import { graphql } from 'relay-runtime';

export const VenueQuery = graphql`
  query transactionsVenueQuery($venueId: ID!) {
    venue(id: $venueId) { id name ...transactionsList }
  }`;

export const TransactionsList = graphql`
  fragment transactionsList on Venue
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" })
  @refetchable(queryName: "transactionsListQuery") {
    transactions(first: $count, after: $cursor) @connection(key: "List_transactions") {
      edges { node { id ...transactionsRow } }
    }
  }`;

export const TransactionRow = graphql`
  fragment transactionsRow on Transaction @refetchable(queryName: "transactionsRowQuery") {
    cursor externalId status total { formatted }
  }`;

export const TransactionAdded = graphql`
  subscription transactionsAddedSubscription($venueId: ID!, $after: String) {
    transactionAdded(venueId: $venueId, after: $after) { id ...transactionsRow }
  }`;
// #endregion
