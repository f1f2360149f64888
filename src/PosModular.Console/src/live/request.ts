import { type Document, textOf } from "../app/graphql";
import { currentToken, expire } from "../app/session";

/** An error with the stable code of the API, or NETWORK when the host did not answer. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

interface GraphQLResponse<TData> {
  data?: TData | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** Sends a query or mutation. Throws an ApiError. */
export async function request<TData, TVariables>(
  document: Document<TData, TVariables>,
  variables: TVariables,
  signal?: AbortSignal,
): Promise<TData> {
  let response: Response;
  try {
    response = await fetch("/graphql", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/graphql-response+json, application/json",
        Authorization: `Bearer ${currentToken() ?? ""}`,
      },
      body: JSON.stringify({ query: textOf(document), variables }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("NETWORK", "The host does not answer. It is tried again by itself.");
  }
  let body: GraphQLResponse<TData>;
  try {
    body = (await response.json()) as GraphQLResponse<TData>;
  } catch {
    throw new ApiError("NETWORK", `The host answered ${response.status} without a result.`);
  }
  const error = body.errors?.[0];
  const code = error?.extensions?.code ?? "UNKNOWN";
  if (response.status === 401 || code === "UNAUTHENTICATED") expire();
  if (error) throw new ApiError(code, error.message);
  if (body.data == null) throw new ApiError("UNKNOWN", "The host answered without data.");
  return body.data;
}
