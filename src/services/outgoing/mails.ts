import { createTransport, type Transporter } from 'nodemailer';

/** How long each step of a delivery may take, in milliseconds. */
const STEP_MS = 10_000;

/** One e-mail. */
export interface Mail {
  /** The same at every attempt: receivers know by it what they have already. */
  id: string;
  to: readonly string[];
  subject: string;
  text: string;
}

/** Gives e-mail to the operator's server, which takes it from there. */
export class Mails {
  readonly #transport: Transporter;
  readonly #host: string;

  constructor(
    url: string,
    private readonly from: string,
  ) {
    const { protocol, hostname, port, username, password } = new URL(url);
    const secure = protocol === 'smtps:';
    this.#host = from.slice(from.indexOf('@') + 1);
    this.#transport = createTransport({
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? (secure ? 465 : 587) : Number(port),
      secure,
      ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
      connectionTimeout: STEP_MS,
      greetingTimeout: STEP_MS,
      socketTimeout: STEP_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  /** Sends one e-mail. @throws Error when the server cannot be reached or does not take it for everybody. */
  async send({ id, to, subject, text }: Mail): Promise<void> {
    const { rejected } = await this.#transport.sendMail({
      from: this.from,
      to: [...to],
      subject,
      text,
      messageId: `<${id}@${this.#host}>`,
    });
    if (rejected?.length) throw new Error(`${rejected.length} of ${to.length} addresses were refused`);
  }
}
