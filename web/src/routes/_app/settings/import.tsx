import { createFileRoute } from "@tanstack/react-router";
import { ImportPage } from "~/features/directory/import";

export const Route = createFileRoute("/_app/settings/import")({ component: ImportPage });
