import * as domain from '../entities/enums.js';
import { named } from './named-enum.js';

export const BotSection = named(domain.BotSection, 'BotSection', 'A part of the settings of a bot.', {
  FLOWS: 'What it says step by step.',
  COMMANDS: 'What it answers to commands.',
  AUTO_REPLIES: 'What it answers to words.',
  PROMPT: 'What its model is told.',
  MODEL: 'Which model it uses, and how.',
});
