/**
 * How an index of words takes new ones: some hundred texts' together, in kB, since a word of many texts has one place. More
 * would make the one write long that puts them there; under a record's lock all others of the workspace wait for it.
 */
export const COLLECTING_WORDS = 'fastupdate = on, gin_pending_list_limit = 256';

/**
 * What the history is found by. Each gives the newest first, of one workspace and one value. Where a value is so common
 * that the log itself gives it soon enough, it is left out: what is not indexed costs the append nothing.
 */
export const historyIndexes: readonly { name: string; on: string }[] = [
  { name: 'record_body_category', on: '("workspace_id", "category", "sequence")' },
  { name: 'record_body_target', on: '("workspace_id", "target_id", "sequence")' },
  {
    name: 'record_body_target_type',
    on: '("workspace_id", "target_type", "sequence") where "target_type" <> \'conversation\' and "target_type" <> \'message\'',
  },
  { name: 'record_body_contact', on: '("workspace_id", "contact_id", "sequence") where "contact_id" is not null' },
  {
    name: 'record_body_actor_kind',
    on: '("workspace_id", "actor_kind", "sequence") where "actor_kind" <> \'AGENT\'',
  },
  { name: 'record_body_obo', on: '("workspace_id", "obo_id", "sequence") where "obo_id" is not null' },
  { name: 'record_body_outcome', on: '("workspace_id", "outcome", "sequence") where "outcome" <> \'SUCCESS\'' },
  { name: 'record_body_notice', on: '("workspace_id", "sequence") where "severity" >= 1' },
  { name: 'record_body_warning', on: '("workspace_id", "sequence") where "severity" >= 2' },
  { name: 'record_body_critical', on: '("workspace_id", "sequence") where "severity" >= 3' },
  { name: 'record_body_request', on: '("workspace_id", "request_id")' },
  { name: 'record_body_address', on: '("workspace_id", "ip_address", "sequence") where "ip_address" is not null' },
  { name: 'record_body_other_teams', on: 'using gin ("other_team_ids") where "other_team_ids" is not null' },
  { name: 'record_body_search', on: 'using gin ("search") with (' + COLLECTING_WORDS + ')' },
];
