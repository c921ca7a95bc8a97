/** Functions that look over all workspaces or answer who has a key, and so are also for who reads only. */
export const FOR_READER = [
  'alert_destinations_due',
  'alert_rules_missing',
  'alert_states_due',
  'alerts_behind',
  'api_key_by_hash',
  'conversations_due',
  'handovers_due',
  'presences_due',
  'routing_checks_due',
  'routing_due',
  'shift_handovers_open',
  'socket_lease_set',
  'socket_leases_renew',
];
