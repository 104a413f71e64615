import { Modal, ScrollArea, TextInput } from "@mantine/core";
import { type ReactNode, useId, useRef, useState } from "react";
import classes from "./picker.module.css";

export interface Option {
  key: string;
  label: string;
  /** Instead of the plain label. */
  shown?: ReactNode;
  /** Beside it, in grey. */
  hint?: string | undefined;
}

interface Props {
  title: string;
  opened: boolean;
  onClose: () => void;
  options: Option[];
  onPick: (key: string) => void;
  placeholder?: string;
  /** Told what is typed, when the options come from the server; otherwise they are filtered here. */
  onWords?: (words: string) => void;
  /** An option made of what was typed, such as a new tag. */
  create?: (words: string) => Option | null;
  empty?: string;
  /** Choosing leads on to something else in the same place, instead of closing. */
  keepOpen?: boolean;
}

/** Chooses one of many with the keyboard: type, move, Enter. */
export function Picker({ opened, onClose, title, ...rest }: Props) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size={420}
      padding="sm"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Choices {...rest} title={title} onClose={onClose} />
    </Modal>
  );
}

function Choices({
  title,
  options,
  onPick,
  onClose,
  placeholder,
  onWords,
  create,
  empty,
  keepOpen,
}: Omit<Props, "opened">) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const needle = words.trim().toLowerCase();
  const fitting = onWords ? options : options.filter(({ label }) => label.toLowerCase().includes(needle));
  const made = needle === "" ? null : (create?.(words.trim()) ?? null);
  const shown = made && !fitting.some(({ key }) => key === made.key) ? [...fitting, made] : fitting;
  const active = Math.min(at, shown.length - 1);

  const move = (to: number) => {
    const next = Math.max(0, Math.min(shown.length - 1, to));
    setAt(next);
    list.current?.querySelector(`[data-index="${String(next)}"]`)?.scrollIntoView({ block: "nearest" });
  };
  const pick = (option: Option | undefined) => {
    if (!option) return;
    if (!keepOpen) onClose();
    onPick(option.key);
  };
  return (
    <>
      <TextInput
        data-autofocus
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={shown.length > 0 ? `${id}-${String(active)}` : undefined}
        aria-label={title}
        placeholder={placeholder ?? "Type to filter…"}
        value={words}
        onChange={(event) => {
          setWords(event.currentTarget.value);
          setAt(0);
          onWords?.(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") move(active + 1);
          else if (event.key === "ArrowUp") move(active - 1);
          else if (event.key === "Enter") pick(shown[active]);
          else return;
          event.preventDefault();
        }}
      />
      <ScrollArea.Autosize mah={320} mt={8} viewportProps={{ tabIndex: -1 }}>
        <div ref={list} id={id} role="listbox" aria-label={title} className={classes.list}>
          {shown.map((option, index) => (
            <div
              key={option.key}
              id={`${id}-${String(index)}`}
              role="option"
              aria-selected={index === active}
              data-index={index}
              className={classes.option}
              onMouseMove={() => setAt(index)}
              onClick={() => pick(option)}
            >
              <span className={classes.label}>{option.shown ?? option.label}</span>
              {option.hint && <span className={classes.hint}>{option.hint}</span>}
            </div>
          ))}
        </div>
      </ScrollArea.Autosize>
      {shown.length === 0 && <p className={classes.empty}>{empty ?? "Nothing fits."}</p>}
    </>
  );
}
