import { createFileRoute } from "@tanstack/react-router";
import { WorkspacePage } from "~/features/settings/workspace";

export const Route = createFileRoute("/_app/settings/workspace")({ component: WorkspacePage });
