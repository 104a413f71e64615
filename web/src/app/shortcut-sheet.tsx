import { Kbd, Modal, Table } from "@mantine/core";

const KEYS = [
  ["J", "Next ticket"],
  ["K", "Previous ticket"],
  ["Enter", "Open the ticket"],
  ["X", "Select the ticket; with Shift everything in between"],
  ["Esc", "Clear the selection"],
  ["/", "Search"],
  ["E", "Resolve, then close"],
  ["A", "Assign"],
  ["P", "Priority"],
  ["S", "Status"],
  ["T", "Tag"],
  ["R", "Write a reply"],
  ["N", "Write an internal note"],
  ["M", "Use a macro"],
  ["Ctrl Enter", "Send"],
  ["C", "New ticket"],
  ["?", "This sheet"],
] as const;

export function ShortcutSheet({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" closeButtonProps={{ "aria-label": "Close" }}>
      <Table withRowBorders={false}>
        <Table.Tbody>
          {KEYS.map(([key, action]) => (
            <Table.Tr key={key}>
              <Table.Td w={120}>
                <Kbd>{key}</Kbd>
              </Table.Td>
              <Table.Td>{action}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
