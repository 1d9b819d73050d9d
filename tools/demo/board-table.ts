import type { BoardRow, OrderBoard } from './order-board.ts';

const columns = { user: 5, title: 33, order: 9, life: 31, money: 19 };

/** One line an order: its life, its money, the e-mails sent, the seconds since it was placed. */
export function boardTable(board: OrderBoard): string[] {
  const head = line(['user', 'case', 'order', 'life', 'money', 'e-mails', 'seconds']);
  const rows = board.rows().sort((a, b) => a.user.localeCompare(b.user) || a.beganAt - b.beganAt);
  const dead = board
    .deadLetters()
    .map(({ consumer, key, reason }) => `dead letter of ${nameOf(key)} at ${consumer}: ${reason}`);
  return [head, ...rows.map(rowLine), ...dead];
}

function rowLine(row: BoardRow): string {
  const of = (stream: string): string[] => row.facts.get(stream) ?? [];
  const life = of('ORDERS').filter((event) => !event.endsWith('-due'));
  const mails = of('NOTIFICATIONS');
  const sent = mails.filter((event) => event === 'email-sent').length;
  return line([
    nameOf(row.user),
    row.title,
    shortId(row.orderId),
    life.join(' '),
    of('PAYMENTS').join(' '),
    `${sent}/${mails.length - sent}`,
    ((row.lastAt - row.beganAt) / 1000).toFixed(1),
  ]);
}

function line([
  user = '',
  title = '',
  order = '',
  life = '',
  money = '',
  mails = '',
  seconds = '',
]: string[]): string {
  return [
    user.padEnd(columns.user),
    title.padEnd(columns.title),
    order.padEnd(columns.order),
    life.padEnd(columns.life),
    money.padEnd(columns.money),
    mails.padStart(7),
    seconds.padStart(7),
  ].join(' ');
}

export const shortId = (orderId: string): string => orderId.slice(0, 8);

/** Users carry the run in their id; a reader wants the name. */
export const nameOf = (user: string): string => user.split('-')[0] ?? user;
