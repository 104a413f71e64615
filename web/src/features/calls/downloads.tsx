import { Button, Menu } from "@mantine/core";
import { Download } from "lucide-react";
import { client } from "~/api/client";
import { showProblem } from "~/components/toast";
import { useFlight } from "~/lib/flight";
import { offer } from "~/lib/offer";
import type { CallDetail } from "./use-call-list";

const FORMATS = [
  { format: "text", label: "Text", ending: "txt" },
  { format: "json", label: "JSON", ending: "json" },
  { format: "vtt", label: "Subtitles (WebVTT)", ending: "vtt" },
] as const;

/** The transcript as a file, and the recording where there is one. */
export function Downloads({ call }: { call: CallDetail }) {
  const { fly, busy } = useFlight();
  const name = `call-${call.startedAt.slice(0, 16).replace(/[T:]/g, "-")}`;
  const save = (load: () => Promise<{ data?: Blob | undefined }>, ending: string) =>
    void fly(async () => {
      try {
        const { data } = await load();
        if (data) offer(data, `${name}.${ending}`);
      } catch (error) {
        showProblem("The file was not saved", error);
      }
    });
  const path = { id: call.id };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" loading={busy} leftSection={<Download size={14} aria-hidden />}>
          Save
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Transcript</Menu.Label>
        {FORMATS.map(({ format, label, ending }) => (
          <Menu.Item
            key={format}
            disabled={call.isErased}
            onClick={() =>
              save(
                () =>
                  client.GET("/api/calls/{id}/transcript", {
                    params: { path, query: { format } },
                    parseAs: "blob",
                  }) as Promise<{ data?: Blob }>,
                ending,
              )
            }
          >
            {label}
          </Menu.Item>
        ))}
        {call.hasRecording && (
          <>
            <Menu.Divider />
            <Menu.Item
              onClick={() =>
                save(
                  () =>
                    client.GET("/api/calls/{id}/recording", {
                      params: { path },
                      parseAs: "blob",
                    }) as unknown as Promise<{
                      data?: Blob;
                    }>,
                  "wav",
                )
              }
            >
              Recording
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
