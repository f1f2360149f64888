// Compiled and never run: the types say what was asked for and nothing else.
import { readTransactions } from './app.js';

const [transaction] = await readTransactions('', '', '');
export const amount: number = transaction.total.amountMinor;
export const tier: 'GUEST' | 'REGULAR' | 'PLATINUM' | 'WHALE' | undefined = transaction.member?.tier;
export const time: string = transaction.occurredAt;
// @ts-expect-error The query does not ask for the tip.
export const tip = transaction.tip;
