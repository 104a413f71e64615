import { Code } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { Phone } from "lucide-react";
import { useRef } from "react";
import { Empty } from "~/components/empty";
import { type ListHandle, ListPane, NothingFits } from "~/components/list-pane";
import { useCommands } from "~/lib/commands";
import { usePagedList } from "~/lib/paged-list";
import { useWalk } from "~/lib/walk";
import { Filters } from "./filters";
import { useCallListLive } from "./list-live";
import { Row } from "./row";
import { type CallSearch, isFiltered } from "./search";
import { callList } from "./use-call-list";

interface Props {
  search: CallSearch;
  onSearch: (search: CallSearch) => void;
}

/** The left pane: filters, and the calls that fit them. */
export function CallList({ search, onSearch }: Props) {
  const list = usePagedList(callList, search);
  const pane = useRef<ListHandle>(null);
  const words = useRef<HTMLInputElement>(null);
  const live = useCallListLive(search, list, () => pane.current?.visible() ?? []);
  const { call: open } = useParams({ strict: false });
  const { move, commands } = useWalk({
    one: "call",
    many: "calls",
    rows: list.rows,
    isOpen: ({ id }) => id === open,
    focusRow: (index) => pane.current?.focusRow(index),
    focusSearch: () => words.current?.focus(),
  });
  useCommands(commands);
  return (
    <ListPane
      ref={pane}
      many="calls"
      list={list}
      live={live}
      onMove={move}
      head={<Filters search={search} onChange={onSearch} inputRef={words} loaded={list.rows} />}
      row={(call) => <Row call={call} search={search} />}
      empty={isFiltered(search) ? <NothingFits one="call" onClear={() => onSearch({})} /> : <NoneYet />}
    />
  );
}

function NoneYet() {
  return (
    <Empty icon={Phone} title="No calls yet">
      Calls to your numbers stand here with everything that was said. Try it without a telephone:{" "}
      <Code>patchcord call</Code> places a simulated one.
    </Empty>
  );
}
