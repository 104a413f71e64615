import { Button, Select, Skeleton, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { BookOpen, Plus, Search } from "lucide-react";
import { useRef, useState } from "react";
import { useLookups } from "~/api/queries";
import { useMayAct } from "~/api/session";
import { Dot } from "~/components/dot";
import { Empty } from "~/components/empty";
import { Failure } from "~/components/route-error";
import { Age } from "~/components/time";
import { useCommands } from "~/lib/commands";
import classes from "./knowledge.module.css";
import { type Article, type KnowledgeSearch, articlesQuery } from "./queries";

interface Props {
  search: KnowledgeSearch;
  onSearch: (search: KnowledgeSearch) => void;
}

/** The left pane: what one looks for, and the articles that fit. */
export function ArticleList({ search, onSearch }: Props) {
  const list = useInfiniteQuery(articlesQuery(search));
  const articles = list.data?.pages.flatMap((page) => page.items) ?? [];
  const mayAct = useMayAct();
  const navigate = useNavigate();
  const words = useRef<HTMLInputElement>(null);
  const write = () => void navigate({ to: "/knowledge/new" });
  useCommands([
    {
      id: "kb.search",
      label: "Search articles",
      group: "Knowledge base",
      key: "/",
      icon: Search,
      run: () => words.current?.focus(),
    },
    ...(mayAct
      ? [{ id: "kb.new", label: "Write an article", group: "Knowledge base", key: "n", icon: Plus, run: write }]
      : []),
  ]);
  const add = mayAct && (
    <Button leftSection={<Plus size={14} aria-hidden />} onClick={write}>
      Write an article
    </Button>
  );
  const filtered = Boolean(search.q ?? search.status ?? search.productArea);
  return (
    <section className={classes.pane} aria-label="Articles">
      <header className={classes.head}>
        <div className={classes.title}>
          <h1>Knowledge base</h1>
          {add}
        </div>
        <Filters search={search} onSearch={onSearch} inputRef={words} />
      </header>
      <div className={classes.scroll} aria-busy={list.isFetching}>
        {list.isPending && <Placeholders />}
        {list.isError && articles.length === 0 && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && articles.length === 0 && filtered && (
          <Empty
            icon={Search}
            title="No article fits"
            action={
              <Button variant="default" onClick={() => onSearch({})}>
                Clear filters
              </Button>
            }
          >
            Try fewer or other words.
          </Empty>
        )}
        {list.isSuccess && articles.length === 0 && !filtered && (
          <Empty icon={BookOpen} title="No articles yet" action={add}>
            Write down what solved a problem once. The copilot cites published articles in its answers.
          </Empty>
        )}
        <ul className={classes.rows}>
          {articles.map((article) => (
            <Row key={article.id} article={article} search={search} />
          ))}
        </ul>
        {list.hasNextPage && (
          <Button
            variant="default"
            fullWidth
            mt={8}
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Load more
          </Button>
        )}
      </div>
    </section>
  );
}

function Filters({ search, onSearch, inputRef }: Props & { inputRef: React.Ref<HTMLInputElement> }) {
  const { productAreas } = useLookups();
  const [words, setWords] = useState(search.q ?? "");
  const [applied, setApplied] = useState(search.q);
  const apply = useDebouncedCallback((text: string) => onSearch({ ...search, q: text.trim() || undefined }), 250);
  // The address changed by itself (a link, the back button): the field follows.
  if (search.q !== applied) {
    setApplied(search.q);
    if ((search.q ?? "") !== words.trim()) setWords(search.q ?? "");
  }
  return (
    <div className={classes.filters}>
      <TextInput
        ref={inputRef}
        size="xs"
        type="search"
        aria-label="Search articles"
        placeholder="Search…  /"
        leftSection={<Search size={14} aria-hidden />}
        maxLength={200}
        value={words}
        onChange={(event) => {
          setWords(event.currentTarget.value);
          apply(event.currentTarget.value);
        }}
      />
      <div className={classes.choices}>
        <Select
          size="xs"
          aria-label="State"
          placeholder="Any state"
          clearable
          data={[
            { value: "PUBLISHED", label: "Published" },
            { value: "DRAFT", label: "Draft" },
          ]}
          value={search.status ?? null}
          onChange={(status) => onSearch({ ...search, status: (status as "DRAFT" | "PUBLISHED" | null) ?? undefined })}
        />
        <Select
          size="xs"
          aria-label="Product area"
          placeholder="Any area"
          clearable
          data={productAreas}
          value={search.productArea ?? null}
          onChange={(productArea) => onSearch({ ...search, productArea: productArea ?? undefined })}
        />
      </div>
    </div>
  );
}

function Row({ article, search }: { article: Article; search: KnowledgeSearch }) {
  return (
    <li>
      <Link
        to="/knowledge/$article"
        params={{ article: article.id }}
        search={search}
        className={classes.row}
        activeOptions={{ includeSearch: false }}
      >
        <span className={classes.subject}>{article.title}</span>
        <span className={classes.line}>
          <span className={classes.area}>{article.productArea ?? "No area"}</span>
          {article.status === "DRAFT" ? (
            <Dot color="var(--desk-wait)">Draft</Dot>
          ) : (
            <Age at={article.updatedAt} short />
          )}
        </span>
      </Link>
    </li>
  );
}

/** Shaped like the rows, so that nothing jumps when they come. */
function Placeholders() {
  return (
    <div role="status" aria-label="Loading articles">
      {Array.from({ length: 8 }, (_, index) => (
        <div key={index} className={classes.row}>
          <Skeleton height={13} width="88%" mb={8} />
          <Skeleton height={12} width="45%" />
        </div>
      ))}
    </div>
  );
}
