# region client
import asyncio

from gql import Client, gql
from gql.transport.exceptions import TransportConnectionFailed
from gql.transport.websockets import WebsocketsTransport

TRANSACTION_ADDED = """
  subscription TransactionAdded($venueId: ID!, $after: String) {
    transactionAdded(venueId: $venueId, after: $after) { id cursor externalId status total { amountMinor currency } }
  }
"""


async def follow_transactions(url, get_token, venue_id, after):
    """Yields each transaction after a cursor, once. After a lost connection it goes on from the last one, with a new token."""
    while True:
        transport = WebsocketsTransport(url=url, init_payload={"authorization": f"Bearer {get_token()}"})
        subscription = gql(TRANSACTION_ADDED)
        subscription.variable_values = {"venueId": venue_id, "after": after}
        try:
            async with Client(transport=transport) as session:
                async for result in session.subscribe(subscription):
                    after = result["transactionAdded"]["cursor"]
                    yield result["transactionAdded"]
        except (TransportConnectionFailed, OSError):
            await asyncio.sleep(1)
# endregion
