import { v7 } from 'uuid';

/** A new UUIDv7, ascending within this process also inside one millisecond. */
export const newId = (): string => v7();

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a caller's string is an id at all. What is not cannot exist, so it is answered like an id that does not. */
export const isId = (value: string): boolean => UUID.test(value);
