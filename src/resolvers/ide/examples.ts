/** One tab of the IDE. */
export interface Example {
  name: string;
  query: string;
  /** JSON in which `{{name}}` is a variable of the environment. */
  variables?: string;
  /** The variable of the environment that is sent as the bearer token. */
  credential: 'token' | 'apiKey';
  /** What is run before it is sent. */
  before?: string;
  /** What is run on the answer: what the next tabs need is remembered. */
  after?: string;
}

/** Remembers what a part of the answer is under a name of the environment, where the answer has it. */
const remember = (name: string, path: readonly (string | number)[]): string =>
  `// Remembers ${path.join('.')} as {{${name}}}.
var value = altair.response.body;
if (typeof value === 'string') value = JSON.parse(value);
${JSON.stringify(['data', ...path])}.forEach(function (key) { value = value ? value[key] : null; });
if (value) altair.helpers.setEnvironment('${name}', value, true);
`;

/** Small operations in the order in which somebody new would send them; each needs only what those before it remember. */
export const examples: readonly Example[] = [
  {
    name: '1 Sign in',
    credential: 'token',
    query: `# Send this first: the token of the answer is remembered, as {{token}}, for the other tabs.
# E-mail and password stand in the environment, behind the eye at the top.
mutation SignIn($input: SignInInput!) {
  signIn(input: $input) {
    accessToken
    accessTokenExpiresAt
    viewer {
      actor {
        displayName
      }
      permissions
    }
  }
}
`,
    variables: '{\n  "input": { "email": "{{email}}", "password": "{{password}}" }\n}',
    after: remember('token', ['signIn', 'accessToken']),
  },
  {
    name: '2 A customer writes',
    credential: 'apiKey',
    query: `# What a channel sends for a customer, with an API key that may: {{apiKey}}.
mutation CustomerWrites($input: ReceiveMessageInput!) {
  receiveMessage(input: $input) {
    duplicate
    conversation {
      id
      number
      status
      botActive
    }
  }
}
`,
    variables: `{
  "input": {
    "inboxId": "{{inboxId}}",
    "externalId": "{{externalId}}",
    "text": "My order is late",
    "contact": { "address": "visitor-1", "name": "Asha" }
  }
}`,
    // The same message is taken once, so that each time another one must be sent.
    before: "altair.helpers.setEnvironment('externalId', 'ide-' + Date.now());",
    after: remember('conversationId', ['receiveMessage', 'conversation', 'id']),
  },
  {
    name: '3 The inbox',
    credential: 'token',
    query: `query Inbox {
  inboxes {
    id
    name
    channel
  }
  conversations(first: 20) {
    nodes {
      id
      number
      status
      lastActivityAt
      contact {
        displayName
      }
      assignee {
        displayName
      }
      viewerState {
        unreadCount
      }
      lastMessage {
        text
      }
    }
  }
}
`,
    after: remember('conversationId', ['conversations', 'nodes', 0, 'id']),
  },
  {
    name: '4 A conversation',
    credential: 'token',
    query: `# Whoever opens a transcript is on the record: tab 7 shows it.
query Conversation($id: ID!) {
  conversation(id: $id) {
    number
    status
    botActive
    transcript(last: 50) {
      nodes {
        position
        actor {
          displayName
        }
        ... on Message {
          text
        }
        ... on ConversationEvent {
          summary
        }
      }
    }
  }
}
`,
    variables: '{\n  "id": "{{conversationId}}"\n}',
  },
  {
    name: '5 Answer',
    credential: 'token',
    query: `mutation Answer($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message {
      id
      text
      conversation {
        number
        status
        botActive
      }
    }
  }
}
`,
    variables: '{\n  "input": { "conversationId": "{{conversationId}}", "text": "I am on it, Asha." }\n}',
  },
  {
    name: '6 Changes, live',
    credential: 'token',
    query: `# Leave it running and send tab 2 or 5: each change arrives here.
# To go on where it stopped, give the last cursor as afterEvent.
subscription Changes($afterEvent: String) {
  conversationChanges(afterEvent: $afterEvent) {
    cursor
    changeType
    changedFields
    actor {
      displayName
    }
    conversation {
      number
      status
      lastActivityAt
    }
  }
}
`,
    variables: '{\n  "afterEvent": null\n}',
  },
  {
    name: '7 The audit history',
    credential: 'token',
    query: `query History {
  auditEvents(first: 20) {
    nodes {
      sequence
      recordedAt
      action
      summary
      leafHash
    }
  }
}
`,
  },
];
