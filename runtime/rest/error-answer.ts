import type { RestResponse } from './http.ts'

/** An answer that refuses a request, in the shape of Kafka Connect's errors. */
export function errorAnswer(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {}
): RestResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ error_code: status, message })
  }
}
