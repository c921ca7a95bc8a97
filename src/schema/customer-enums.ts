import { named } from './named-enum.js';

export const CustomerAuthorKind = named(
  { CUSTOMER: 'CUSTOMER', AGENT: 'AGENT', BOT: 'BOT', TEAM: 'TEAM' } as const,
  'CustomerAuthorKind',
  'Who wrote a message, as the customer is told.',
  {
    CUSTOMER: 'The customer.',
    AGENT: 'A person who works here.',
    BOT: 'A bot.',
    TEAM: 'Another system, in the name of who works here.',
  },
);
