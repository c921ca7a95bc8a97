/** No name of a file that a telephone has written is longer, with what stands around it. */
const LONGEST = 400;
/** Android: `IMG-20220101-WA0001.jpg (file attached)`, in the language of the telephone; what was said with it follows. */
const BEFORE = /^([^\n]+\.\w{1,8}) \([^()\n]{3,40}\)$/;
/** iPhone: `<attached: 00000012-PHOTO-2022-01-01-09-05-07.jpg>`, likewise, behind what was said with it. */
const BEHIND = /^<[^<>:\n]{1,40}: ?([^<>\n]+\.\w{1,8})>$/;

/**
 * The file that a message names, beside its chat, and what else it says; null where it names none. Anybody may have
 * written such a line, so whether there is one shows only when it is looked for.
 */
export function fileIn(text: string): { file: string; text: string } | null {
  const [first = '', ...lines] = text.split('\n');
  const before = first.length > LONGEST ? null : BEFORE.exec(first);
  if (before) return named(before[1]!, lines.join('\n'));
  const at = text.lastIndexOf('<');
  const behind = at < 0 || text.length - at > LONGEST ? null : BEHIND.exec(text.slice(at));
  return behind ? named(behind[1]!, text.slice(0, at)) : null;
}

/** Exports lie in one folder: a name that leads anywhere else is none. */
const named = (name: string, text: string): { file: string; text: string } | null =>
  /[/\\]|^\./.test(name) ? null : { file: name, text: text.trim() };
