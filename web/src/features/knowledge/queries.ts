import { infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import { type Schemas, api, client } from "~/api/client";
import { z } from "~/lib/zod";

export type Article = Schemas["ArticleRow"];

const LIST = "/api/kb/articles";

/** Filters of the list, as they are in the address. */
export const KnowledgeSearch = z.object({
  q: z.catch(z.optional(z.string().check(z.maxLength(200))), undefined),
  status: z.catch(z.optional(z.enum(["DRAFT", "PUBLISHED"])), undefined),
  productArea: z.catch(z.optional(z.string().check(z.maxLength(60))), undefined),
});

export type KnowledgeSearch = z.infer<typeof KnowledgeSearch>;

export function articlesQuery({ q, status, productArea }: KnowledgeSearch) {
  const filters = {
    limit: 50,
    ...(q && { q }),
    ...(status && { status: [status] }),
    ...(productArea && { productArea: [productArea] }),
  };
  return infiniteQueryOptions({
    queryKey: ["get", LIST, filters],
    queryFn: async ({ pageParam, signal }) => {
      const query = { ...filters, ...(pageParam && { cursor: pageParam }) };
      const { data } = await client.GET(LIST, { params: { query }, signal });
      // Failures are thrown by the client.
      return data as NonNullable<typeof data>;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    placeholderData: (before) => before,
  });
}

export function articleQuery(id: string) {
  return api.queryOptions("get", "/api/kb/articles/{id}", { params: { path: { id } } });
}

/** After a change: the article is what the server answered, and the lists are asked for again. */
export function keepArticle(queries: QueryClient, article: Article): void {
  queries.setQueryData(articleQuery(article.id).queryKey, article);
  void queries.invalidateQueries({ queryKey: ["get", LIST] });
}

export function forgetArticle(queries: QueryClient, id: string): void {
  queries.removeQueries({ queryKey: articleQuery(id).queryKey });
  void queries.invalidateQueries({ queryKey: ["get", LIST] });
}
