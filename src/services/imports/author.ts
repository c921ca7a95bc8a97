import { normalEmail } from '../accounts/sign-in.js';

/** Who did it: the customer, the bot, or the agent with this e-mail. */
export type Author = 'contact' | 'bot' | { email: string };

/** Reads who it was. */
export const authorOf = (author: string): Author =>
  author === 'contact' || author === 'bot' ? author : { email: normalEmail(author) };
