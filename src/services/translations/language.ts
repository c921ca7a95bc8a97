import { invalid } from '../errors.js';

/** The longest tag of a language: RFC 5646 §4.4.1 finds 35 characters enough for all that are in use. */
const MAX_LANGUAGE = 35;

/** A BCP 47 tag as it is written canonically, or null for what is none. */
export function canonicalLanguage(tag: string): string | null {
  if (tag.length > MAX_LANGUAGE) return null;
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null;
  } catch {
    return null;
  }
}

/** The language that is asked for. @throws AppError VALIDATION_FAILED */
export function languageOf(tag: string): string {
  const language = canonicalLanguage(tag);
  if (language === null) throw invalid({ path: 'language', message: NO_LANGUAGE });
  return language;
}

export const NO_LANGUAGE = `must be a BCP 47 tag of a language, such as de or pt-BR, of at most ${MAX_LANGUAGE} characters`;
