import { invalid } from '../../errors.js';
import type { WallTime } from '../../wall-time.js';

export type DateOrder = 'dmy' | 'mdy' | 'ymd';

/** How a message begins: its date as it is written, and who wrote. */
export interface Header {
  date: { parts: [string, string, string]; separator: string };
  hour: number;
  minute: number;
  second: number;
  /** Absent for what nobody wrote, such as a change of the group. */
  sender?: string;
  text: string;
}

/** Marks of the direction of writing, which stand before what WhatsApp itself says, and the mark at the begin of a file. */
const MARKS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
const GAP = '[ \\u00a0\\u202f]';
const DATE = '(\\d{1,4})([./-])(\\d{1,2})\\2(\\d{1,4})\\.?';
const CLOCK = `(\\d{1,2})[:.](\\d{2})(?:[:.](\\d{2}))?(?:${GAP}*([AaPp])\\.?${GAP}?[Mm]\\.?)?`;
/** iPhone: `[31.12.21, 21:15:03] Asha: text`; Android: `31.12.21, 21:15 - Asha: text`. */
const BEGINS = [
  new RegExp(`^\\[${DATE},?${GAP}+${CLOCK}\\]${GAP}?(.*)$`, 'su'),
  new RegExp(`^${DATE},?${GAP}+${CLOCK}${GAP}+[-–]${GAP}+(.*)$`, 'su'),
];
const SENDER = /^([^:]{1,200}?):(?: (.*))?$/su;
/** What the telephone says in the name of a person or a group. */
const OF_NOBODY = /end-to-end encrypted/;

/** Reads how a line begins; without a date it goes on with what was begun before. */
export function readHeader(line: string): Partial<Header> & { text: string } {
  const plain = line.replaceAll(MARKS, '');
  const found = BEGINS.map((pattern) => pattern.exec(plain)).find((match) => match !== null);
  if (!found) return { text: plain };
  const [, first, separator, middle, last, hour, minute, second, half, rest] = found;
  const said = SENDER.exec(rest!);
  const isOfNobody = !said || OF_NOBODY.test(said[2] ?? '');
  return {
    date: { parts: [first!, middle!, last!], separator: separator! },
    hour: hourOf(Number(hour), half?.toLowerCase()),
    minute: Number(minute),
    second: Number(second ?? 0),
    ...(isOfNobody ? {} : { sender: said[1]!.trim() }),
    text: isOfNobody ? rest! : (said[2] ?? ''),
  };
}

const hourOf = (hour: number, half: string | undefined): number =>
  half === undefined ? hour : (hour % 12) + (half === 'p' ? 12 : 0);

/** What a clock on the wall showed; null for a date that its order does not allow. */
export function wallTime({ date: { parts }, hour, minute, second }: Header, order: DateOrder): WallTime | null {
  const place = (letter: string): number => Number(parts[order.indexOf(letter)]);
  const [year, month, day] = [place('y'), place('m'), place('d')];
  if (month < 1 || month > 12 || day < 1 || day > 31) return null;
  return { year: year < 100 ? 2000 + year : year, month, day, hour, minute, second };
}

/** Finds out which of day, month and year comes first. */
export class DateOrders {
  readonly #possible = new Set<DateOrder>(['dmy', 'mdy', 'ymd']);
  #seen = false;

  see({ parts: [first, middle, last], separator }: Header['date']): void {
    this.#seen = true;
    const not = (...orders: DateOrder[]): void => orders.forEach((order) => this.#possible.delete(order));
    if (first.length > 2) not('dmy', 'mdy');
    else if (last.length > 2) not('ymd');
    if (Number(first) > 12) not('mdy');
    if (Number(middle) > 12) not('dmy', 'ymd');
    if (Number(first) > 31) not('dmy');
    if (Number(last) > 31) not('ymd');
    // Nobody writes 12.31.2021.
    if (separator === '.') not('mdy');
  }

  get decided(): boolean {
    return this.#possible.size === 1;
  }

  /** @throws AppError VALIDATION_FAILED where the dates do not tell. */
  decide(): DateOrder {
    if (!this.#seen) throw invalid({ path: 'file', message: 'is no chat of WhatsApp: no line begins with a date' });
    const [order, ...others] = this.#possible;
    if (order === undefined) {
      throw invalid({ path: 'file', message: 'has dates of different orders; one telephone writes them all alike' });
    }
    // Two digits for the year in front are not written by any telephone that writes others behind as well.
    const likely = [order, ...others].filter((one) => one !== 'ymd');
    if (likely.length > 1) {
      throw invalid({ path: 'dateOrder', message: 'must be given: no date of the file tells the day from the month' });
    }
    return likely[0] ?? order;
  }
}
