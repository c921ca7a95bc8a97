/** A flow of three steps, as it is given. */
export const welcome = {
  key: 'welcome',
  name: 'Welcome',
  steps: [
    { key: 'hello', text: 'How can I help?', choices: [{ text: 'My order', next: 'order' }, { text: 'A person' }] },
    { key: 'order', text: 'Which number?', next: 'people' },
    { key: 'people', handsOver: true },
  ],
};

/** Something in every section of a bot's settings, as it is given. */
export const settings = {
  flows: [welcome],
  commands: [{ name: '/hours', text: 'From 9 to 5' }],
  autoReplies: [{ key: 'first', flow: 'welcome' }],
  prompt: 'Be kind',
  model: { name: 'small-1', temperature: 0.5 },
};
