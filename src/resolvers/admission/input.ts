import { AppError, invalid } from '../../services/errors.js';
import { exceeded } from './limits.js';

/** The longest list that an argument or variable may hold, at any level. */
const MAX_LIST_ENTRIES = 250;
/** JSON of a few kilobytes can nest thousands of levels, and whoever walks it later would run out of stack. */
const MAX_NESTING = 32;

/** A request that is none: a parameter of it is missing or of another type, whatever the document may say. */
export class MalformedRequest extends AppError {
  constructor(path: string, message: string) {
    super('VALIDATION_FAILED', `${path}: ${message}`, { fields: [{ path, message }] });
  }
}

/** Neither PostgreSQL nor the record can hold a NUL or a lone surrogate. */
const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** @throws AppError VALIDATION_FAILED, naming the path. */
export function checkText(text: string, path: () => string): void {
  if (isStorable(text)) return;
  throw invalid({ path: path(), message: 'must not contain NUL or a lone surrogate' });
}

/** @throws AppError LIMIT_EXCEEDED, naming the path. */
export function checkList(list: readonly unknown[], path: () => string): void {
  if (list.length <= MAX_LIST_ENTRIES) return;
  throw exceeded('listInput', MAX_LIST_ENTRIES, list.length, { path: path() });
}

/**
 * Takes the variables of a request: an object, or nothing, with no text, list or nesting that cannot be worked with.
 * @throws AppError VALIDATION_FAILED, LIMIT_EXCEEDED, both naming the path.
 */
export function readVariables(variables: unknown): Record<string, unknown> {
  if (variables === undefined || variables === null) return {};
  if (typeof variables !== 'object' || Array.isArray(variables)) {
    throw new MalformedRequest('variables', 'must be an object');
  }
  checkValue(variables, 'variables', 0);
  return variables as Record<string, unknown>;
}

function checkValue(value: unknown, path: string, nesting: number): void {
  if (typeof value === 'string') return checkText(value, () => path);
  if (typeof value !== 'object' || value === null) return;
  if (nesting > MAX_NESTING) throw exceeded('inputDepth', MAX_NESTING);
  if (Array.isArray(value)) {
    checkList(value, () => path);
    value.forEach((entry, index) => checkValue(entry, `${path}[${index}]`, nesting + 1));
    return;
  }
  for (const [key, entry] of Object.entries(value)) {
    // The path of the object around it: a key that cannot be stored cannot be told either.
    checkText(key, () => path);
    checkValue(entry, `${path}.${key}`, nesting + 1);
  }
}
