import { Button, Menu, ActionIcon, Skeleton, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowLeft, Ellipsis, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";

import { useIsAdmin, useMayAct } from "~/api/session";
import { useSending } from "~/api/sending";
import { Confirm } from "~/components/confirm";
import { Dot } from "~/components/dot";
import { Markdown } from "~/components/markdown";
import { Failure } from "~/components/route-error";
import { Age } from "~/components/time";
import { showDone, showProblem } from "~/components/toast";
import { useCommands } from "~/lib/commands";
import classes from "./knowledge.module.css";
import { type Article, articleQuery, forgetArticle, keepArticle } from "./queries";

/** Reads one article. */
export function ArticlePage({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(articleQuery(id));
  if (data) return <Loaded article={data} />;
  return (
    <section className={classes.article} aria-label="Article">
      {error ? <Failure error={error} onRetry={() => void refetch()} /> : <Placeholder />}
    </section>
  );
}

function Loaded({ article }: { article: Article }) {
  const mayAct = useMayAct();
  const isAdmin = useIsAdmin();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const draft = article.status === "DRAFT";
  const path = { id: article.id };
  const patch = useSending("patch", "/api/kb/articles/{id}", {
    onSuccess: (changed) => keepArticle(queries, changed),
  });
  const setStatus = (status: string, version?: number) =>
    patch.mutateAsync({ params: { path }, body: { status, ...(version !== undefined && { version }) } });
  const publish = async () => {
    if (patch.isPending) return;
    try {
      await setStatus(draft ? "PUBLISHED" : "DRAFT", article.version);
      showDone(draft ? "Published" : "Taken back to a draft", () => setStatus(article.status));
    } catch (error) {
      showProblem(draft ? "The article was not published" : "The article is still published", error);
      void queries.invalidateQueries({ queryKey: articleQuery(article.id).queryKey });
    }
  };
  const remove = useSending("delete", "/api/kb/articles/{id}", {
    onSuccess: () => {
      setAsking(false);
      void navigate({ to: "/knowledge" }).then(() => forgetArticle(queries, article.id));
      showDone("The article is deleted");
    },
    onError: (error) => showProblem("The article was not deleted", error),
  });
  const edit = () => void navigate({ to: "/knowledge/$article/edit", params: { article: article.id } });
  useCommands(
    mayAct
      ? [
          { id: "kb.edit", label: "Edit this article", group: "Knowledge base", key: "e", icon: Pencil, run: edit },
          {
            id: "kb.publish",
            label: draft ? "Publish this article" : "Unpublish this article",
            group: "Knowledge base",
            run: () => void publish(),
          },
        ]
      : [],
  );
  return (
    <section className={classes.article} aria-label={article.title}>
      <header className={classes.articleHead}>
        <div className={classes.articleTop}>
          <ActionIcon
            className={classes.back}
            aria-label="To the articles"
            renderRoot={(props) => <Link to="/knowledge" {...props} />}
          >
            <ArrowLeft size={18} aria-hidden />
          </ActionIcon>
          <span className={classes.meta}>
            <Dot color={draft ? "var(--desk-wait)" : "var(--desk-good)"}>{draft ? "Draft" : "Published"}</Dot>
            {article.productArea && <span>{article.productArea}</span>}
            <span>
              Changed <Age at={article.updatedAt} />
            </span>
          </span>
          {mayAct && (
            <span className={classes.buttons}>
              <Button variant="default" leftSection={<Pencil size={13} aria-hidden />} onClick={edit}>
                Edit
              </Button>
              <Button variant={draft ? "filled" : "default"} loading={patch.isPending} onClick={() => void publish()}>
                {draft ? "Publish" : "Unpublish"}
              </Button>
              {isAdmin && (
                <Menu position="bottom-end">
                  <Menu.Target>
                    <ActionIcon aria-label="More">
                      <Ellipsis size={16} aria-hidden />
                    </ActionIcon>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item leftSection={<Trash2 size={14} aria-hidden />} onClick={() => setAsking(true)}>
                      Delete…
                    </Menu.Item>
                  </Menu.Dropdown>
                </Menu>
              )}
            </span>
          )}
        </div>
        <Title order={1} fz={20}>
          {article.title}
        </Title>
        {article.tags.length > 0 && <p className={classes.tags}>{article.tags.map((tag) => `#${tag}`).join("  ")}</p>}
      </header>
      <div className={classes.body} role="region" aria-label="Text of the article" tabIndex={0}>
        <Markdown text={article.body} />
        {article.source && <p className={classes.source}>Source: {article.source}</p>}
      </div>
      <Confirm
        opened={asking}
        title="Delete this article?"
        action="Delete"
        busy={remove.isPending}
        onClose={() => setAsking(false)}
        onConfirm={() => !remove.isPending && remove.mutate({ params: { path } })}
      >
        “{article.title}” is gone for everybody, and this cannot be undone. To hide it only, unpublish it.
      </Confirm>
    </section>
  );
}

function Placeholder() {
  return (
    <div className={classes.placeholder} role="status" aria-label="Loading the article">
      <Skeleton height={12} width={160} mb={14} />
      <Skeleton height={20} width="60%" mb={28} />
      <Skeleton height={13} width="92%" mb={10} />
      <Skeleton height={13} width="86%" mb={10} />
      <Skeleton height={13} width="89%" mb={10} />
      <Skeleton height={13} width="40%" />
    </div>
  );
}
