import {
  Button,
  FileInput,
  Group,
  Progress,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Table,
  Text,
  Title,
} from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { useRef, useState } from "react";
import { Problem } from "~/api/problem";
import { type ImportReport, importFile } from "~/api/upload";
import { Dot } from "~/components/dot";
import { Page } from "~/components/page";
import { Refusal } from "~/components/refusal";
import { DataTable } from "~/components/table";
import { showDone } from "~/components/toast";
import { useFlight } from "~/lib/flight";
import { useOnceKey } from "~/lib/once";
import { COLUMNS, HEAD_BYTES, namesIn } from "./import-columns";
import { CATALOGUES, DIRECTORY } from "./refresh";

/** What a column of the file is, when nothing else is said: found out from its name by the server. */
const BY_NAME = "";
const PASS_OVER = "-";
/** Faults that are shown; the server tells a thousand. */
const SHOWN = 100;

/** Lists of organizations, contacts and devices from a file: tried out first, then written as a whole or not at all. */
export function ImportPage() {
  const [kind, setKind] = useState("organizations");
  const [file, setFile] = useState<File | null>(null);
  const [names, setNames] = useState<string[]>([]);
  const [meanings, setMeanings] = useState<Record<string, string>>({});
  const [createMissing, setCreateMissing] = useState(false);
  const [progress, setProgress] = useState<number | null>(null);
  const [report, setReport] = useState<ImportReport | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const abort = useRef<AbortController | null>(null);
  const once = useOnceKey();
  const queries = useQueryClient();
  const { fly, busy } = useFlight();
  // What was tried out is no longer what would be written.
  const anew = () => {
    setReport(null);
    setProblem(null);
  };
  const choose = async (next: File | null) => {
    anew();
    setFile(next);
    setMeanings({});
    setNames(next ? namesIn(await next.slice(0, HEAD_BYTES).text()) : []);
  };
  const run = (dryRun: boolean) => {
    if (!file) return;
    void fly(async () => {
      anew();
      setProgress(0);
      abort.current = new AbortController();
      const told = Object.entries(meanings).filter(([, meaning]) => meaning !== BY_NAME);
      const mapping = Object.fromEntries(told.map(([name, meaning]) => [name, meaning === PASS_OVER ? null : meaning]));
      const key = once.keyFor([kind, file.name, file.size, file.lastModified, createMissing, mapping]);
      try {
        const answer = await importFile({
          ...{ file, kind, dryRun, createMissing, mapping, key },
          onProgress: setProgress,
          signal: abort.current.signal,
        });
        setReport(answer);
        if (!answer.applied) return;
        once.done();
        showDone(`${file.name} is imported`);
        for (const queryKey of [...DIRECTORY, ...CATALOGUES]) void queries.invalidateQueries({ queryKey });
      } catch (error) {
        if (!abort.current.signal.aborted) setProblem(Problem.of(error));
      } finally {
        setProgress(null);
      }
    });
  };
  return (
    <Page
      title="Import"
      about="Organizations, contacts and devices from a CSV file. It is tried out first; then it is written as a whole or not at all."
      narrow
    >
      <Stack gap="md">
        <div>
          <SegmentedControl
            aria-label="What the file is a list of"
            size="xs"
            value={kind}
            onChange={(next) => {
              anew();
              setMeanings({});
              setKind(next);
            }}
            data={Object.keys(COLUMNS).map((one) => ({
              value: one,
              label: one.charAt(0).toUpperCase() + one.slice(1),
            }))}
          />
        </div>
        <FileInput
          label="File"
          description="Comma-separated values in UTF-8, at most 32 MiB. The first line names the columns."
          placeholder="Choose a file…"
          accept=".csv,text/csv,text/plain"
          clearable
          clearButtonProps={{ "aria-label": "Remove the file" }}
          leftSection={<FileUp size={15} aria-hidden />}
          value={file}
          onChange={(next) => void choose(next)}
        />
        {names.length > 0 && (
          <Columns
            kind={kind}
            names={names}
            meanings={meanings}
            onChange={(next) => {
              anew();
              setMeanings(next);
            }}
          />
        )}
        {kind !== "organizations" && (
          <Switch
            label="Add what is missing"
            description="Locations, manufacturers, models, operating systems and domains that are not there yet."
            checked={createMissing}
            onChange={(event) => {
              anew();
              setCreateMissing(event.currentTarget.checked);
            }}
          />
        )}
        <Group gap="xs">
          <Button variant={report ? "default" : "filled"} size="sm" disabled={!file || busy} onClick={() => run(true)}>
            Try it out
          </Button>
          {report?.dryRun && report.errorCount === 0 && report.valid > 0 && (
            <Button size="sm" disabled={busy} onClick={() => run(false)}>
              Import {report.valid.toLocaleString("en")} {report.valid === 1 ? "line" : "lines"}
            </Button>
          )}
        </Group>
        {progress !== null && (
          <Group gap="md" wrap="nowrap">
            <div role="status" style={{ flex: 1 }}>
              <Progress value={progress < 1 ? progress * 100 : 100} animated={progress >= 1} aria-label="Sent" />
              <Text size="xs" c="dimmed" mt={4}>
                {progress < 1 ? `Sending: ${String(Math.round(progress * 100))} %` : "The server reads the file…"}
              </Text>
            </div>
            {/* Not where the button was that began it: a double click must not take it back. */}
            <Button variant="subtle" color="gray" size="sm" onClick={() => abort.current?.abort()}>
              Cancel
            </Button>
          </Group>
        )}
        <Refusal problem={problem} />
        {problem && problem.fields.length > 0 && (
          <Faults
            faults={problem.fields.map(({ field, message }) => ({ where: inWords(field), value: "", message }))}
          />
        )}
        {report && <Report report={report} />}
      </Stack>
    </Page>
  );
}

/** `lines[17].serialNumber` → `Line 17, serialNumber` */
function inWords(field: string): string {
  return field.replace(/^lines\[(\d+)\]/, "Line $1").replace(".", ", ");
}

interface ColumnsProps {
  kind: string;
  names: string[];
  meanings: Record<string, string>;
  onChange: (meanings: Record<string, string>) => void;
}

function Columns({ kind, names, meanings, onChange }: ColumnsProps) {
  const choices = [
    { value: BY_NAME, label: "As its name says" },
    { value: PASS_OVER, label: "Passed over" },
    ...(COLUMNS[kind] ?? []).map((column) => ({ value: column, label: column })),
  ];
  return (
    <div>
      <Title order={2} mb="xs">
        Columns
      </Title>
      <DataTable label="Columns of the file" columns={["In the file", "Is"]}>
        {names.map((name) => (
          <Table.Tr key={name}>
            <Table.Td fw={600}>{name}</Table.Td>
            <Table.Td>
              <Select
                aria-label={`What “${name}” is`}
                size="xs"
                w={220}
                allowDeselect={false}
                data={choices}
                value={meanings[name] ?? BY_NAME}
                onChange={(next) => onChange({ ...meanings, [name]: next ?? BY_NAME })}
              />
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
    </div>
  );
}

function Report({ report }: { report: ImportReport }) {
  const { alsoCreated, errors, errorCount } = report;
  const besides = Object.entries(alsoCreated).filter(([, count]) => count > 0);
  const counts: [string, number][] = [
    ["Lines", report.lines],
    ["New", report.created],
    ["Changed", report.updated],
    ["As they are", report.unchanged],
    ...besides.map(([what, count]): [string, number] => [
      `New ${what.replace(/([A-Z])/g, " $1").toLowerCase()}`,
      count,
    ]),
  ];
  return (
    <section aria-label="What came of it">
      <Title order={2} mb="xs">
        {report.applied ? "Written" : errorCount > 0 ? "Not good yet" : "This is what would happen"}
      </Title>
      <DataTable label="What came of it" columns={counts.map(([name]) => name)}>
        <Table.Tr>
          {counts.map(([name, count]) => (
            <Table.Td key={name} style={{ fontVariantNumeric: "tabular-nums" }}>
              {count.toLocaleString("en")}
            </Table.Td>
          ))}
        </Table.Tr>
      </DataTable>
      <Text size="sm" mt="xs">
        <Dot color={errorCount > 0 ? "var(--desk-late)" : "var(--desk-good)"}>
          {errorCount > 0
            ? `${errorCount.toLocaleString("en")} ${errorCount === 1 ? "thing is" : "things are"} wrong. Nothing was written.`
            : report.applied
              ? "The file is in the desk."
              : "Nothing is wrong. Nothing was written yet."}
        </Dot>
      </Text>
      {errors.length > 0 && (
        <Faults
          faults={errors.map(({ line, column, value, message }) => ({
            where: `Line ${String(line)}${column ? `, ${column}` : ""}`,
            value: value ?? "",
            message,
          }))}
        />
      )}
    </section>
  );
}

function Faults({ faults }: { faults: { where: string; value: string; message: string }[] }) {
  const rest = faults.length - SHOWN;
  return (
    <>
      <Title order={2} mt="md" mb="xs">
        What is wrong
      </Title>
      <DataTable label="What is wrong" columns={["Where", "There stands", "Fault"]}>
        {faults.slice(0, SHOWN).map(({ where, value, message }, index) => (
          <Table.Tr key={index}>
            <Table.Td style={{ whiteSpace: "nowrap" }}>{where}</Table.Td>
            <Table.Td ff="monospace">{value}</Table.Td>
            <Table.Td>{message}</Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
      {rest > 0 && (
        <Text size="xs" c="dimmed" mt={4}>
          And {rest.toLocaleString("en")} more.
        </Text>
      )}
    </>
  );
}
