// How every peer reaches the data: the tables of the product, through a pool of the size that ours has. A peer has no sign-in, so the
// workspace and the agent who looks are given to it.
import pg from 'pg';

export const POOL_SIZE = 16;
export const { DATABASE_URL, WORKSPACE_ID, VIEWER_ID } = process.env;

/** A login of the peers' own, which row-level security does not touch: who wants it takes the product's role. */
export const PEER_ROLE = 'bench_peer';

/** What the peers' own schemas need beside the tables; @param {string} url as the owner. */
export async function prepareForPeers(url) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(`
      do $$ begin create role ${PEER_ROLE} login bypassrls; exception when duplicate_object then null; end $$;
      grant verbatim_app to ${PEER_ROLE};
      grant usage on schema public to ${PEER_ROLE};
      grant select, insert, update on all tables in schema public to ${PEER_ROLE};
      -- PostGraphile's mutation.
      create function send_bare_message(workspace_id uuid, conversation_id uuid, agent_id uuid, body text) returns message
        language sql volatile begin atomic
        with moved as (
          update conversation c set last_position = c.last_position + 1, last_message_id = uuidv7(),
            last_activity_at = now(), updated_at = now()
          where c.workspace_id = send_bare_message.workspace_id and c.id = send_bare_message.conversation_id
          returning c.last_position, c.last_message_id)
        insert into message (workspace_id, id, conversation_id, position, direction, actor_kind, actor_id, text, salt,
          occurred_at, created_at)
        select send_bare_message.workspace_id, last_message_id, send_bare_message.conversation_id, last_position, 'OUTBOUND',
          'AGENT', send_bare_message.agent_id, body, '', now(), now() from moved
        returning message.*;
      end;
      grant execute on all functions in schema public to ${PEER_ROLE}, verbatim_app;`);
  } finally {
    await client.end();
  }
}

/** The owner's address as the peers' login. @param {string} url */
export function peerUrl(url) {
  const address = new URL(url);
  address.username = PEER_ROLE;
  return address.href;
}

/** @param {pg.PoolConfig} [more] */
export const openPool = (more = {}) => new pg.Pool({ connectionString: DATABASE_URL, max: POOL_SIZE, ...more });
