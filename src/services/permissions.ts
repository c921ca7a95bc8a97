import type { Permission } from '../entities/enums.js';
import { canAdminister, canExportRecord, conversationSight, mayWrite, recordSight } from './policy.js';
import type { Principal } from './principal.js';

/** What a principal may do at all. */
export function permissionsOf(principal: Principal): Permission[] {
  const conversations = conversationSight(principal);
  const record = recordSight(principal);
  const granted: Permission[] = [];
  if (conversations.everything || conversations.keys.length > 0) granted.push('READ_CONVERSATIONS');
  if (mayWrite(principal) || principal.kind === 'BOT') granted.push('WRITE_CONVERSATIONS');
  if (record.everything || record.actorIds.length > 0) granted.push('READ_RECORD_OWN');
  if (record.everything || record.teamIds.length > 0) granted.push('READ_RECORD_TEAM');
  if (record.everything) granted.push('READ_RECORD_ALL');
  if (canExportRecord(principal)) granted.push('EXPORT_RECORD');
  if (canAdminister(principal)) granted.push('ADMINISTER');
  return granted;
}
