// What the tests of the clients share: the host under test, and a venue of their own in it. ClientsTests.cs sets the variables.
import { createHmac } from 'node:crypto';
import { WebSocket } from 'ws';

export const { POS_URL: url, POS_TOKEN: token, POS_VENUE: venueId } = process.env;
export const getToken = async () => token;

/** The open WebSockets, so that a test can cut them off. Node 20 has no WebSocket of its own. */
export const sockets = new Set();
globalThis.WebSocket = class extends WebSocket {
  constructor(...parameters) {
    super(...parameters);
    sockets.add(this);
    this.once('close', () => sockets.delete(this));
  }
};

/** Sends the signed webhook of a payment, as Square does; amounts in cents, minutes after 20:00 UTC. */
export async function pay({ id, amount, tip = 0, status = 'COMPLETED', minute = 0, card }) {
  const body = JSON.stringify({
    merchant_id: process.env.POS_MERCHANT,
    type: 'payment.updated',
    event_id: `${id}-${status}-${minute}`,
    created_at: '2026-11-20T20:00:00Z',
    data: {
      type: 'payment',
      id,
      object: {
        payment: {
          id,
          status,
          created_at: '2026-11-20T20:00:00.000Z',
          updated_at: `2026-11-20T20:${String(minute).padStart(2, '0')}:00.000Z`,
          location_id: process.env.POS_LOCATION,
          source_type: 'CARD',
          card_details: { card: { card_brand: 'VISA', last_4: '1111', fingerprint: card } },
          amount_money: { amount: amount - tip, currency: 'USD' },
          tip_money: { amount: tip, currency: 'USD' },
          total_money: { amount, currency: 'USD' },
        },
      },
    },
  });
  const signature = createHmac('sha256', process.env.POS_WEBHOOK_KEY).update(process.env.POS_WEBHOOK_URL + body).digest('base64');
  const response = await fetch(new URL(new URL(process.env.POS_WEBHOOK_URL).pathname, url), {
    method: 'POST',
    headers: { 'x-square-hmacsha256-signature': signature },
    body,
  });
  if (!response.ok) throw new Error(`The webhook was answered with ${response.status}.`);
}
