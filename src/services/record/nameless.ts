import type { ActorKind } from '../../entities/enums.js';

/** What actors are called who have no name of their own. */
export const NAMELESS: Partial<Record<ActorKind, string>> = { SYSTEM: 'Verbatim', ANONYMOUS: 'Somebody' };
