import { createFileRoute } from "@tanstack/react-router";
import { Catalogues } from "~/features/directory/catalogues";

export const Route = createFileRoute("/_app/settings/catalogues")({ component: Catalogues });
