import type { RenderOptions } from 'altair-static';
import { examples, type Example } from './examples.js';

/** What the environment of the page begins with; the rest is typed in or remembered of answers. */
export interface IdeVariables {
  email?: string;
  password?: string;
  /** A key of the channel that customers write by. */
  apiKey?: string;
  inboxId?: string;
}

const ENVIRONMENT = 'verbatim';

/** What Altair is started with. @param publicUrl where callers reach the server; null = where the page was found. */
export function pageOptions(publicUrl: string | null, variables: IdeVariables): RenderOptions {
  const { protocol, pathname } = new URL(publicUrl ?? 'http://localhost');
  // Only of the page's own origin: its policy allows no other.
  const endpoint = `${pathname.replace(/\/$/, '')}/graphql`;
  return {
    // Relative to the page, which may be reached under another name and below a path.
    baseURL: './ide/',
    endpointURL: endpoint,
    subscriptionsEndpoint: endpoint,
    subscriptionsProtocol: protocol === 'https:' ? 'wss' : 'ws',
    // Each load begins anew: what was remembered has expired, or is of a demo that is no more.
    preserveState: false,
    instanceStorageNamespace: 'verbatim_',
    disableAccount: true,
    initialEnvironments: {
      activeSubEnvironment: ENVIRONMENT,
      base: { title: 'Base', variables: {} },
      subEnvironments: [
        {
          id: ENVIRONMENT,
          title: 'Verbatim',
          variables: { email: '', password: '', apiKey: '', inboxId: '', token: '', conversationId: '', ...variables },
        },
      ],
    },
    initialSettings: {
      'banners.disable': true,
      'alert.disableUpdateNotification': true,
      disablePushNotification: true,
      // The newer one evaluates scripts in a frame of another host, or by eval; this one interprets them.
      'beta.disable.newScript': true,
      // Who may ask for the schema is known as soon as somebody has signed in.
      'schema.reload.onEnvChange': true,
    },
    initialWindows: examples.map(windowOf),
  };
}

/** Endpoints are left out: those of a tab are not completed with the page's origin, the page's own are. */
const windowOf = ({ name, query, variables, credential, before, after }: Example) => {
  const authorization = { Authorization: `Bearer {{${credential}}}` };
  return {
    initialName: name,
    initialQuery: query,
    initialVariables: variables ?? '{}',
    initialHeaders: authorization,
    initialSubscriptionRequestHandlerId: 'graphql-ws' as const,
    initialSubscriptionsPayload: authorization,
    ...(before === undefined ? {} : { initialPreRequestScript: before }),
    ...(after === undefined ? {} : { initialPostRequestScript: after }),
  };
};

/** Altair shows the tab that it made last; whoever is new begins with the first. */
export const openFirstTab = `
const tabs = document.getElementsByTagName('app-window-switcher-item');
const watching = new MutationObserver(() => {
  if (tabs.length < ${examples.length}) return;
  watching.disconnect();
  tabs[0].querySelector('.window-switcher__input')?.click();
});
watching.observe(document.body, { childList: true, subtree: true });
`;
