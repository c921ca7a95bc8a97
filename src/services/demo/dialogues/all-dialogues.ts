import type { Speakers } from '../dialogue.js';
import { arabic, chinese, hindi, japanese } from './asian.js';
import { english } from './english.js';
import { french, german, portuguese, russian, spanish, turkish } from './european.js';

/** All who write to the demo's shop: two of five in English, the others each in their own language. */
export const allSpeakers: readonly Speakers[] = [
  ...Array.from({ length: 8 }, () => english),
  german,
  german,
  spanish,
  spanish,
  french,
  portuguese,
  turkish,
  russian,
  japanese,
  chinese,
  hindi,
  arabic,
];
