import { RefusedDestination } from './destinations.js';

/** Why something could not be delivered. Stable: it is shown, recorded and counted. */
export type DeliveryFault =
  | 'ADDRESS_REFUSED'
  | 'NOT_RESOLVED'
  | 'NOT_CONNECTED'
  | 'TLS_FAILED'
  | 'TIMED_OUT'
  | 'CLOSED'
  | 'REDIRECTED'
  | 'STATUS';

/**
 * The fault behind an error of a connection or of fetch. The text of the error itself names addresses and is for the log.
 */
export function faultOf(error: unknown): DeliveryFault {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { name, message } = cause;
    const { code } = cause as { code?: unknown };
    if (name === 'TimeoutError' || name === 'AbortError' || code === 'ETIMEDOUT' || /TIMEOUT/.test(String(code))) {
      return 'TIMED_OUT';
    }
    if (cause instanceof RefusedDestination || REFUSED.test(message)) return 'ADDRESS_REFUSED';
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'NOT_RESOLVED';
    if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET') return 'CLOSED';
    if (typeof code === 'string' && (/^ERR_(TLS|SSL)/.test(code) || CERTIFICATE.test(code))) return 'TLS_FAILED';
  }
  return 'NOT_CONNECTED';
}

/** In the words of the library that looks names up. */
const REFUSED = /^Blocked by url policy|^Hostname (is not a public domain|resolved to non-unicast address)$/;
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/;
