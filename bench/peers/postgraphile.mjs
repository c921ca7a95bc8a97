// PostGraphile 5 over the tables as they are, with the Amber preset; ROW_LEVEL_SECURITY=on takes the product's role and tenant for each request,
// as its users do with roles of theirs.
import { createServer } from 'node:http';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { jsonPgSmartTags } from 'postgraphile/utils';
import { postgraphile } from 'postgraphile';
import { serveCommands } from '../measure/processes.mjs';
import { DATABASE_URL, POOL_SIZE, WORKSPACE_ID } from './database.mjs';

const rowLevelSecurity = process.env.ROW_LEVEL_SECURITY === 'on';

/** As a sign-in would decide it: here the caller says which workspace is theirs. */
const settings = ({ node }) => ({
  role: 'verbatim_app',
  'verbatim.workspace': node?.req.headers['x-workspace'] ?? WORKSPACE_ID,
});

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [
    jsonPgSmartTags({
      version: 1,
      config: {
        class: {
          // Two of its keys would make fields of the same name, of which it warns.
          refresh_token: { tags: { behavior: '-*' } },
          // Not the view of the same name, which is none of its concern.
          'public.conversation': {
            tags: {
              foreignKey:
                '(workspace_id, last_message_id) references message (workspace_id, id)|@fieldName lastMessage',
            },
            // It filters only by what an index begins with, unless told otherwise.
            attribute: { status: { tags: { behavior: '+attribute:filterBy' } } },
          },
        },
      },
    }),
  ],
  pgServices: [
    makePgService({
      connectionString: DATABASE_URL,
      schemas: ['public'],
      poolConfig: { max: POOL_SIZE },
      ...(rowLevelSecurity ? { pgSettings: settings } : {}),
    }),
  ],
  grafserv: { graphqlPath: '/graphql', graphiql: false, websockets: false, watch: false },
  grafast: { explain: false },
};

const server = createServer();
const instance = postgraphile(preset);
const serv = instance.createServ(grafserv);
await serv.addTo(server);
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', async () => {
  const schema = await instance.getSchema();
  if (process.env.PRINT_SCHEMA) {
    const { printSchema } = await import('graphql');
    console.log(printSchema(schema));
  }
  serveCommands({}, { url: `http://127.0.0.1:${server.address().port}` });
});
