/** Characters that end a line or steer a terminal: C0, DEL, C1 and the two separators of Unicode. */
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** A text that cannot end the line it stands on, nor begin another event: each such character becomes a space. */
export const withoutControls = (text: string): string => text.replace(CONTROLS, ' ');
