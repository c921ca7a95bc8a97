/** The operations on notes and on the details of a conversation. Each answers with the id of what it is about. */

const onConversation = (field: string, inputType: string) =>
  `mutation($input: ${inputType}!) { ${field}(input: $input) { conversation { id } } }`;
const labelling = (field: string, inputType: string) =>
  `mutation($input: ${inputType}!) { ${field}(input: $input) { conversation { id } contact { id } } }`;

export const PRIORITY = onConversation('setConversationPriority', 'SetConversationPriorityInput');
export const PIN = onConversation('pinConversation', 'PinConversationInput');
export const UNPIN = onConversation('unpinConversation', 'UnpinConversationInput');
export const MERGE_CONVERSATIONS =
  'mutation($input: MergeConversationsInput!) { mergeConversations(input: $input) { conversation { id } merged { id } kept } }';
export const UNMERGE_CONVERSATIONS =
  'mutation($input: UnmergeConversationsInput!) { unmergeConversations(input: $input) { conversation { id } from { id } } }';
export const MARK_SPAM = onConversation('markSpam', 'MarkSpamInput');
export const UNMARK_SPAM = onConversation('unmarkSpam', 'UnmarkSpamInput');
export const DELETE_CONVERSATION = `mutation($input: DeleteConversationInput!) { deleteConversation(input: $input) {
  deletedConversation { conversationId number createdAt deletedAt deletedBy { id displayName } reason restorableUntil } } }`;
export const RESTORE_CONVERSATION = onConversation('restoreConversation', 'RestoreConversationInput');
export const STAR = onConversation('starConversation', 'StarConversationInput');
export const UNSTAR = onConversation('unstarConversation', 'UnstarConversationInput');
export const MARK_READ = onConversation('markConversationRead', 'MarkConversationReadInput');
export const UPDATE = onConversation('updateConversation', 'UpdateConversationInput');
export const ADD_LABELS = labelling('addLabels', 'AddLabelsInput');
export const REMOVE_LABELS = labelling('removeLabels', 'RemoveLabelsInput');
export const CHANGE_CONVERSATIONS = `mutation($input: ChangeConversationsInput!) { changeConversations(input: $input) {
  results { conversationId changed error { code message } conversation { id } } } }`;
export const ADD_NOTE = 'mutation($input: AddNoteInput!) { addNote(input: $input) { note { id text } } }';
export const EDIT_NOTE = 'mutation($input: EditNoteInput!) { editNote(input: $input) { note { id text } } }';
export const EDIT_MESSAGE =
  'mutation($input: EditMessageInput!) { editMessage(input: $input) { message { id text } } }';
export const DELETE_MESSAGE =
  'mutation($input: DeleteMessageInput!) { deleteMessage(input: $input) { message { id text } } }';
export const UPDATE_DELIVERY =
  'mutation($input: UpdateDeliveryInput!) { updateDelivery(input: $input) { messageId status changed message { id } } }';
export const CREATE_UPLOAD_LINK =
  'mutation($input: CreateUploadLinkInput!) { createUploadLink(input: $input) { attachmentId url expiresAt } }';
export const CREATE_DOWNLOAD_LINK =
  'mutation($input: CreateDownloadLinkInput!) { createDownloadLink(input: $input) { url expiresAt } }';
export const SET_SPEECH =
  'mutation($input: SetSpeechInput!) { setSpeech(input: $input) { attachment { id speech { speaker startSeconds endSeconds text } } } }';
export const SET_TRANSLATION =
  'mutation($input: SetTranslationInput!) { setTranslation(input: $input) { message { id text translation { language text translatedBy { displayName } translatedAt } } } }';
export const SET_TYPING = 'mutation($input: SetTypingInput!) { setTyping(input: $input) { expiresAt } }';
export const SET_PRESENCE =
  'mutation($input: SetPresenceInput!) { setPresence(input: $input) { agent { id presence { status } } } }';
export const REVOKE_SESSION = 'mutation($input: RevokeSessionInput!) { revokeSession(input: $input) { sessionId } }';
export const ANNOTATE =
  'mutation($input: AnnotateEventInput!) { annotateEvent(input: $input) { annotation { id text author { label } createdAt } } }';
export const CUSTOM = 'mutation($input: RecordCustomEventInput!) { recordCustomEvent(input: $input) { eventId } }';
export const ERASE =
  'mutation($input: EraseContactInput!) { eraseContact(input: $input) { contactId runId disclosures messages notes completed } }';
export const SET_RETENTION =
  'mutation($input: SetRetentionInput!) { setRetention(input: $input) { retention { category days } } }';
