import { AreaChart, BarChart } from "@mantine/charts";
import "@mantine/charts/styles.css";
import classes from "./insight.module.css";

interface Series {
  name: string;
  color: string;
}

interface Props {
  data: Record<string, string | number | null>[];
  series: Series[];
  /** What it shows, for those who do not see it; the numbers are in the table. */
  label: string;
  /** How a number is written at the axis and under the pointer. */
  format?: ((value: number) => string) | undefined;
}

/** Several figures over days, as lines. */
export function Lines({ data, series, label, format = String }: Props) {
  return (
    <div className={classes.chart} role="img" aria-label={label}>
      <AreaChart
        h="100%"
        data={data}
        dataKey="day"
        series={series}
        valueFormatter={format}
        withLegend
        legendProps={{ verticalAlign: "top", height: 32 }}
        withDots={false}
        strokeWidth={1.75}
        fillOpacity={0.12}
        curveType="monotone"
        gridProps={{ strokeDasharray: "4 4" }}
        tickLine="none"
        areaChartProps={{ accessibilityLayer: false }}
        areaProps={{ isAnimationActive: false }}
      />
    </div>
  );
}

/** Parts of a whole, over days, as bars. */
export function Bars({ data, series, label }: Props) {
  return (
    <div className={classes.chart} role="img" aria-label={label}>
      <BarChart
        h="100%"
        type="stacked"
        data={data}
        dataKey="day"
        series={series}
        withLegend
        legendProps={{ verticalAlign: "top", height: 32 }}
        maxBarWidth={34}
        gridProps={{ strokeDasharray: "4 4" }}
        tickLine="none"
        barChartProps={{ accessibilityLayer: false }}
        barProps={{ isAnimationActive: false }}
      />
    </div>
  );
}
