import { Kbd, Modal, Switch, Table, Title } from "@mantine/core";
import { currentCommands } from "~/lib/commands";
import { setShortcutsEnabled, useShortcutsEnabled } from "~/lib/shortcuts";

/** Keys that are no commands of a page. */
const FIXED: [string, string][] = [
  ["Ctrl K", "Search or jump to"],
  ["Enter", "Open what has the focus"],
  ["Ctrl Enter", "Send the reply"],
  ["Esc", "Close a dialog or menu"],
];

/** Every key that does something on this page. */
export function ShortcutSheet({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const enabled = useShortcutsEnabled();
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" size="lg" closeButtonProps={{ "aria-label": "Close" }}>
      <Switch
        label="Single-letter keys"
        description="Switch them off when you dictate or use other input devices."
        checked={enabled}
        onChange={(event) => setShortcutsEnabled(event.currentTarget.checked)}
        mb="md"
      />
      {opened && groups().map(([group, keys]) => <Keys key={group} group={group} keys={keys} />)}
    </Modal>
  );
}

function groups(): [string, [string, string][]][] {
  const found = new Map<string, [string, string][]>();
  for (const { group, key, label } of currentCommands()) {
    if (!key) continue;
    const keys = found.get(group) ?? [];
    keys.push([key, label]);
    found.set(group, keys);
  }
  return [...found, ["Everywhere", FIXED]];
}

function Keys({ group, keys }: { group: string; keys: [string, string][] }) {
  return (
    <>
      <Title order={3} mt="sm" c="dimmed" fw={500}>
        {group}
      </Title>
      <Table withRowBorders={false} verticalSpacing={4} aria-label={`Keys: ${group}`}>
        <Table.Tbody>
          {keys.map(([key, action]) => (
            <Table.Tr key={key}>
              <Table.Td w={130}>
                <KeyCaps keys={key} />
              </Table.Td>
              <Table.Td>{action}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  );
}

/** `g t` → two caps. */
export function KeyCaps({ keys }: { keys: string }) {
  return keys.split(" ").map((key, index) => (
    <Kbd key={index} size="xs" mr={4}>
      {key.length === 1 ? key.toUpperCase() : key}
    </Kbd>
  ));
}
