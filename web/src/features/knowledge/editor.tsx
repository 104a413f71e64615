import { Alert, Button, SegmentedControl, Select, TagsInput, TextInput, Textarea } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useState } from "react";

import { Problem } from "~/api/problem";
import { useLookups } from "~/api/queries";
import { useMayAct } from "~/api/session";
import { useSending } from "~/api/sending";
import { Empty } from "~/components/empty";
import { Markdown } from "~/components/markdown";
import { Failure } from "~/components/route-error";
import { StaleNotice } from "~/components/stale";
import { TableSkeleton } from "~/components/table";
import { showDone, showProblem } from "~/components/toast";
import { UnsavedGuard } from "~/components/unsaved-guard";
import { showAtFields, useKeptForm } from "~/lib/kept-form";
import { useOnceKey } from "~/lib/once";
import { PenOff } from "lucide-react";
import classes from "./knowledge.module.css";
import { type Article, articleQuery, keepArticle } from "./queries";

/** Writes a new article, or changes one. */
export function ArticleEditor({ id }: { id: string | null }) {
  const mayAct = useMayAct();
  const { data, error, refetch } = useQuery({ ...articleQuery(id ?? ""), enabled: id !== null });
  if (!mayAct) {
    return (
      <Empty icon={PenOff} title="Your role reads articles">
        Agents and administrators write them.
      </Empty>
    );
  }
  if (id === null) return <Form article={null} />;
  if (data) return <Form key={data.id} article={data} />;
  return error ? <Failure error={error} onRetry={() => void refetch()} /> : <TableSkeleton label="the article" />;
}

interface Values extends Record<string, unknown> {
  title: string;
  body: string;
  productArea: string;
  tags: string[];
  source: string;
}

function valuesOf(article: Article | null): Values {
  return {
    title: article?.title ?? "",
    body: article?.body ?? "",
    productArea: article?.productArea ?? "",
    tags: article?.tags ?? [],
    source: article?.source ?? "",
  };
}

function Form({ article }: { article: Article | null }) {
  const { productAreas } = useLookups();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const once = useOnceKey();
  // The version that the text began from: a change by somebody else since then must be told.
  const [version, setVersion] = useState(article?.version ?? 0);
  const [theirs, setTheirs] = useState<Article | null>(null);
  const [saved, setSaved] = useState<string | null>(null);
  const [pane, setPane] = useState("write");
  const form = useKeptForm<Values>(`article.${article?.id ?? "new"}`, { initialValues: valuesOf(article) });
  const preview = useDeferredValue(form.values.body);
  const dirty = form.isDirty() && saved === null;
  // Only when the guard knows that all is saved; it would ask otherwise.
  useEffect(() => {
    if (saved) void navigate({ to: "/knowledge/$article", params: { article: saved } });
  }, [saved, navigate]);

  const after = {
    onSuccess: (row: Article) => {
      once.done();
      setSaved(row.id);
      form.settle(valuesOf(row));
      keepArticle(queries, row);
      showDone(row.status === "DRAFT" ? "Saved as a draft" : "Saved and published");
    },
    onError: (error: unknown) => {
      const problem = Problem.of(error);
      if (problem.code === "stale_version") return setTheirs(problem.current as Article);
      const rest = showAtFields(form, problem, (field) => field in form.values);
      if (rest) showProblem("The article was not saved", rest);
    },
  };
  const add = useSending("post", "/api/kb/articles", after);
  const change = useSending("patch", "/api/kb/articles/{id}", after);
  const busy = add.isPending || change.isPending;
  const save = (status: string | null, over = version) => {
    if (busy) return;
    const { productArea, source, ...rest } = form.values;
    const body = {
      ...rest,
      productArea: productArea || null,
      source: source.trim() || null,
      ...(status && { status }),
    };
    if (article) change.mutate({ params: { path: { id: article.id } }, body: { ...body, version: over } });
    else add.mutate({ params: { header: { "Idempotency-Key": once.keyFor(body) } }, body });
  };
  const showTheirs = (row: Article) => {
    setTheirs(null);
    setVersion(row.version);
    keepArticle(queries, row);
    form.settle(valuesOf(row));
  };
  const published = article?.status === "PUBLISHED";
  const cancel = () =>
    void (article
      ? navigate({ to: "/knowledge/$article", params: { article: article.id } })
      : navigate({ to: "/knowledge" }));
  return (
    <form
      className={classes.editor}
      data-pane={pane}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save(article ? null : "DRAFT");
      }}
      onKeyDown={(event) => {
        if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          save(article ? null : "DRAFT");
        }
      }}
    >
      <header className={classes.editorHead}>
        <h1 className={classes.editorTitle}>{article ? "Edit the article" : "New article"}</h1>
        <span className={classes.buttons}>
          <Button variant="default" onClick={cancel}>
            Cancel
          </Button>
          <Button type="submit" variant={published ? "filled" : "default"} loading={busy}>
            {article ? "Save" : "Save as a draft"}
          </Button>
          {!published && (
            <Button onClick={() => save("PUBLISHED")} loading={busy}>
              Save and publish
            </Button>
          )}
        </span>
      </header>
      <div className={classes.editorBody}>
        {theirs && (
          <StaleNotice what="article" onTheirs={() => showTheirs(theirs)} onMine={() => save(null, theirs.version)} />
        )}
        {form.restored && !theirs && (
          <Alert color="indigo" variant="outline" mb="md" role="status">
            What you wrote before and did not save is here again.{" "}
            <Button variant="default" size="compact-xs" ml="xs" onClick={() => form.settle()}>
              Drop it
            </Button>
          </Alert>
        )}
        <div className={classes.fields}>
          <TextInput label="Title" maxLength={400} autoFocus={!article} {...form.getInputProps("title")} />
          <Select
            label="Product area"
            placeholder="None"
            clearable
            data={productAreas}
            error={form.errors.productArea}
            value={form.values.productArea || null}
            onChange={(value) => form.setFieldValue("productArea", value ?? "")}
          />
          <TagsInput label="Tags" placeholder="Enter adds one" {...form.getInputProps("tags")} />
          <TextInput label="Source" placeholder="Where it comes from" {...form.getInputProps("source")} />
        </div>
        <SegmentedControl
          className={classes.switch}
          aria-label="Part of the editor"
          value={pane}
          onChange={setPane}
          data={[
            { value: "write", label: "Write" },
            { value: "preview", label: "Preview" },
          ]}
        />
        <div className={classes.both}>
          <Textarea
            className={classes.write}
            classNames={{ wrapper: classes.grow, input: classes.text }}
            label="Text (Markdown)"
            {...form.getInputProps("body")}
          />
          <section className={classes.preview} aria-label="Preview" tabIndex={0}>
            <h2 className={classes.previewTitle}>Preview</h2>
            {preview.trim() ? (
              <Markdown text={preview} />
            ) : (
              <p className={classes.hint}>
                What you write shows up here. # makes a heading, - a list, **bold**, `code`, [words](https://…) a link.
              </p>
            )}
          </section>
        </div>
      </div>
      <UnsavedGuard dirty={dirty} onDiscard={() => form.settle()} />
    </form>
  );
}
