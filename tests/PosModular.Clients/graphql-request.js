// #region client
import { ClientError, GraphQLClient, gql } from 'graphql-request';

export async function createRule(url, token, input) {
  const client = new GraphQLClient(url, { headers: { authorization: `Bearer ${token}` } });
  try {
    const { createSpendRule } = await client.request(gql`
      mutation CreateRule($input: CreateSpendRuleInput!) {
        createSpendRule(input: $input) { rule { id name threshold { formatted } } errors { code message field } }
      }`, { input });
    return createSpendRule; // errors says what was wrong with the input; it is empty on success
  } catch (error) {
    // The request itself was refused: UNAUTHENTICATED, FORBIDDEN, INVALID_INPUT, UNAVAILABLE (try again) or INTERNAL.
    if (error instanceof ClientError) throw new Error(error.response.errors[0].extensions.code, { cause: error });
    throw error;
  }
}
// #endregion
