// The rows of a workspace as one statement a table: PostgreSQL makes them from the number of the row and the seed alone, so the same seed and
// size give the same content. Only the ids of what our services make (agents, inboxes, teams, labels) differ from run to run.

/** Nothing is younger than this, so that whatever a benchmark writes is the newest. */
const NEWEST = "timestamptz '2026-01-01T00:00:00Z'";
const DAYS = 90;
/** Between two entries of a transcript. */
const STEP = "interval '90 seconds'";
/** Messages of 20 conversations, 400 together: most are short, a few long. */
const MESSAGES = '{2,3,4,5,6,7,8,9,10,12,14,16,18,20,24,28,34,40,60,80}';
/** Notes of four conversations. */
const NOTES = '{0,0,1,3}';
export const MESSAGES_EACH = 20;
export const NOTES_EACH = 1;

const sentences = [
  'Hello, I have a question about my last order.',
  'The parcel has not arrived although it should have been here on Monday.',
  'Could you please look into this for me?',
  'Thank you for your patience, I am checking with the warehouse now.',
  'The invoice shows a different amount than the one I agreed to.',
  'I have attached the photograph of the damaged box.',
  'Your refund was sent to the card that you paid with.',
  'It usually takes three to five working days until it shows.',
  'I would like to change the delivery address.',
  'Is the blue one in stock again?',
  'We expect the next batch at the end of the week.',
  'My password does not work any more since the update.',
  'I have reset it, you will find a link in your mailbox.',
  'That worked, thanks a lot!',
  'When does the contract end, and how do I renew it?',
  'You can renew it at any time before the last day of the month.',
  'The app closes by itself whenever I open the calendar.',
  'Which version do you have? You will find it under Settings.',
  'I called twice and nobody answered.',
  'I am sorry about that, let me see what has happened.',
  'Can I get a copy of the receipt for my taxes?',
  'Of course, I have sent it to the address on file.',
  'The technician was here but could not fix it.',
  'We will send somebody else tomorrow between nine and noon.',
  'Do you ship to Norway, and what does it cost?',
  'Shipping is free for orders above eighty euros.',
  'Please cancel the second item, I ordered it by mistake.',
  'It is cancelled, and the amount will not be charged.',
  'How long is the warranty on the battery?',
  'Two years from the day of purchase.',
  'I will get back to you within the hour.',
  'That is everything for today, have a good evening.',
];
const names = [
  'Ada',
  'Bo',
  'Chi',
  'Dana',
  'Elif',
  'Finn',
  'Gita',
  'Hugo',
  'Ines',
  'Jun',
  'Kim',
  'Lena',
  'Musa',
  'Nora',
  'Omar',
  'Pia',
];
const families = [
  'Okafor',
  'Lindqvist',
  'Tanaka',
  'Alvarez',
  'Moreau',
  'Novak',
  'Haddad',
  'Silva',
  'Kaya',
  'Weber',
  'Rossi',
  'Nguyen',
  'Olsen',
  'Mensah',
  'Costa',
  'Ito',
];

const array = (values) => `'{${values.map((value) => `"${value}"`).join(',')}}'::text[]`;
const pick = (values, from) => `(${array(values)})[1 + ((${from}) % ${values.length})]`;

/** So many words there are beside those of the sentences, `z1` the most common: of them the one is as rare as its number is large. */
const RARER = 200_000;
const rarer = ` || ' z' || floor(exp(p_hash / 9007199254740992.0 * ln(${RARER})))::int`;

/**
 * Functions that decide by hashes; `plan` holds what the other tables of a workspace are made from.
 * @param {number} seed
 * @param {{ words?: boolean }} [options] `words`: one more word at the end of each text, from common to very rare
 */
export const functions = (seed, { words = false } = {}) => `
create schema bench;
create function bench.hash(p_i bigint, p_salt int) returns bigint language sql immutable parallel safe
  return hashint8extended(p_i, ${seed}::bigint * 1000 + p_salt) & 9007199254740991;
create function bench.text(p_hash bigint) returns text language sql immutable parallel safe
  return ${pick(sentences, 'p_hash')} || ' ' || ${pick(sentences, `p_hash / ${sentences.length}`)}${words ? rarer : ''};
-- As a UUIDv7: the milliseconds first, so that rows lie in the order of their time.
create function bench.id(p_at timestamptz, p_kind text, p_space text, p_i bigint) returns uuid language sql immutable parallel safe
  return (lpad(to_hex((extract(epoch from p_at) * 1000)::bigint), 12, '0') || '7'
    || substr(md5('${seed}/' || p_kind || p_space || p_i), 1, 3) || '8' || substr(md5('${seed}/' || p_kind || p_space || p_i), 4, 15))::uuid;
create function bench.salt(p_text text) returns text language sql immutable parallel safe
  return rtrim(translate(encode(decode(md5(p_text), 'hex'), 'base64'), '+/', '-_'), '=');
create unlogged table bench.plan (
  i int, id uuid, contact_id uuid, inbox_id uuid, channel text, team_id uuid, assignee_id uuid, agent_id uuid,
  status text, messages int, notes int, last_message_id uuid, created_at timestamptz(3), last_at timestamptz(3));
`;

/**
 * The statements of one workspace, in their order. Parameters of each: $1 workspace, $2 its slug, $3 conversations,
 * $4 agents, $5 inboxes, $6 their channels, $7 teams, $8 labels, $9 agents with a reading state. All are given to each.
 */
export const statements = [
  `truncate bench.plan`,
  `insert into contact (workspace_id, id, name, email, phone, external_id, created_at, updated_at)
   select $1::uuid, bench.id(${NEWEST} - interval '100 days', 'contact', $2, i), name, 'c' || i || '@' || $2 || '.example',
     case when h % 3 = 0 then '+4930' || lpad(i::text, 8, '0') end, 'crm-' || i,
     ${NEWEST} - interval '100 days', ${NEWEST} - interval '100 days'
   from (select i, bench.hash(i, 1) as h, ${pick(names, 'bench.hash(i, 2)')} || ' ' || ${pick(families, 'bench.hash(i, 3)')} as name
     from generate_series(1, $3::int) i) x`,
  `insert into contact_identity (workspace_id, id, contact_id, channel, address, verified, created_at)
   select workspace_id, bench.id(created_at, 'identity', $2, row_number() over ()), id, 'EMAIL', email, true, created_at
   from contact where workspace_id = $1`,
  `insert into bench.plan
   select i, bench.id(last_at - (messages + notes) * ${STEP}, 'conversation', $2, i),
     bench.id(${NEWEST} - interval '100 days', 'contact', $2, 1 + (i::bigint * 7919) % $3::int),
     ($5::uuid[])[1 + inbox], ($6::text[])[1 + inbox],
     case when bench.hash(i, 5) % 5 > 0 then ($7::uuid[])[1 + bench.hash(i, 6) % cardinality($7::uuid[])] end,
     case when bench.hash(i, 7) % 5 > 1 then agent end, agent,
     case when state < 30 then 'OPEN' when state < 50 then 'IN_PROGRESS' when state < 60 then 'PENDING' else 'RESOLVED' end,
     messages, notes, bench.id(last_at - notes * ${STEP}, 'message', $2, i::bigint * 100 + messages),
     last_at - (messages + notes) * ${STEP}, last_at
   from (select i, bench.hash(i, 8) % 100 as state,
       (bench.hash(i, 9) % cardinality($5::uuid[]))::int as inbox,
       ($4::uuid[])[1 + bench.hash(i, 10) % cardinality($4::uuid[])] as agent,
       ('${MESSAGES}'::int[])[1 + (i - 1 + (i - 1) / 20) * 7 % 20] as messages,
       ('${NOTES}'::int[])[1 + (i - 1 + (i - 1) / 4) % 4] as notes,
       date_trunc('milliseconds', ${NEWEST} - (i - 1) * (interval '${DAYS} days' / $3::int)
         - (bench.hash(i, 11) % 1000) * interval '1 millisecond') as last_at
     from generate_series(1, $3::int) i) x`,
  `insert into conversation (workspace_id, id, number, subject, status, priority, pinned, channel, inbox_id, contact_id,
     assignee_id, team_id, bot_id, bot_active, external_id, last_position, last_message_id, inbound_count, handover_count,
     waiting_since, first_response_at, created_at, updated_at, last_activity_at, resolved_at)
   select $1::uuid, id, 1000 + i, case when bench.hash(i, 12) % 3 > 0 then bench.text(bench.hash(i, 13)) end, status,
     (array['NONE', 'NONE', 'NONE', 'LOW', 'MEDIUM', 'HIGH', 'URGENT'])[1 + bench.hash(i, 14) % 7], false, channel, inbox_id,
     contact_id, assignee_id, team_id, null, false, null, messages + notes, last_message_id, (messages + 1) / 2, 0,
     case when messages % 2 = 1 then last_at - notes * ${STEP} end, created_at + 2 * ${STEP},
     created_at, last_at, last_at, case when status = 'RESOLVED' then last_at end
   from bench.plan order by created_at`,
  `insert into message (workspace_id, id, conversation_id, position, direction, actor_kind, actor_id, text, salt, external_id,
     occurred_at, created_at)
   select $1::uuid, id, conversation_id, k, case k % 2 when 1 then 'INBOUND' else 'OUTBOUND' end,
     case k % 2 when 1 then 'CONTACT' else 'AGENT' end, case k % 2 when 1 then contact_id else agent_id end,
     bench.text(bench.hash(n, 15)), bench.salt(n || $2), null, at, at
   from (select bench.id(p.created_at + k * ${STEP}, 'message', $2, p.i::bigint * 100 + k) as id, p.id as conversation_id, k,
       p.contact_id, p.agent_id, p.i::bigint * 100 + k as n, p.created_at + k * ${STEP} as at
     from bench.plan p cross join lateral generate_series(1, p.messages) k order by p.created_at, k) x`,
  `insert into note (workspace_id, id, conversation_id, position, actor_kind, actor_id, text, salt, created_at)
   select $1::uuid, bench.id(at, 'note', $2, n), conversation_id, position, 'AGENT', agent_id, bench.text(bench.hash(n, 16)),
     bench.salt(n || $2), at
   from (select p.id as conversation_id, p.messages + k as position, p.agent_id, p.i::bigint * 100 + p.messages + k as n,
       p.created_at + (p.messages + k) * ${STEP} as at
     from bench.plan p cross join lateral generate_series(1, p.notes) k order by p.created_at, k) x`,
  `insert into transcript_entry (workspace_id, id, conversation_id, position, kind, actor_kind, actor_id, occurred_at)
   select workspace_id, id, conversation_id, position, 'MESSAGE', actor_kind, actor_id, occurred_at from message where workspace_id = $1
   union all
   select workspace_id, id, conversation_id, position, 'NOTE', actor_kind, actor_id, created_at from note where workspace_id = $1`,
  `insert into conversation_label (workspace_id, conversation_id, label_id)
   select $1::uuid, p.id, ($8::uuid[])[1 + (bench.hash(p.i, 17) + k * 7) % cardinality($8::uuid[])]
   from bench.plan p cross join lateral generate_series(1, (bench.hash(p.i, 18) % 4)::int) k on conflict do nothing`,
  `insert into conversation_viewer (workspace_id, conversation_id, agent_id, seen_count, last_read_position, starred)
   select $1::uuid, p.id, a, greatest((p.messages + 1) / 2 - bench.hash(p.i, 19) % 4, 0), 1, bench.hash(p.i, 20) % 50 = 0
   from bench.plan p cross join unnest($9::uuid[]) a where bench.hash(p.i, 21) % 2 = 0`,
  `update workspace_counter set conversations = 1000 + $3::int where workspace_id = $1`,
];
