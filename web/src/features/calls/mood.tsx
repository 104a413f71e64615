import { clock } from "~/lib/calls";
import classes from "./calls.module.css";
import type { moodsOf } from "./figures";

const HEIGHT = 56;
const WIDTH = 300;

interface Props {
  moods: ReturnType<typeof moodsOf>;
  length: number;
}

/** How the caller felt over the call, as a line, with the numbers behind it. */
export function Mood({ moods, length }: Props) {
  if (moods.length === 0) return <p className={classes.none}>The caller said nothing that could tell.</p>;
  const x = (at: number) => (at / length) * WIDTH;
  const y = (mood: number) => HEIGHT / 2 - (mood * (HEIGHT - 8)) / 2;
  const points = moods.map(({ at, mood }) => `${x(at).toFixed(1)},${y(mood).toFixed(1)}`);
  const worst = moods.reduce((least, one) => (one.mood < least.mood ? one : least));
  return (
    <>
      <svg
        className={classes.mood}
        viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Mood over the call, lowest ${worst.mood.toFixed(1)} at ${clock(worst.at)}`}
      >
        <line x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} />
        <polyline
          points={
            points.length > 1
              ? points.join(" ")
              : `0,${String(y(worst.mood))} ${String(WIDTH)},${String(y(worst.mood))}`
          }
        />
      </svg>
      <details className={classes.numbers}>
        <summary>Numbers</summary>
        <table aria-label="Mood over time">
          <thead>
            <tr>
              <th scope="col">At</th>
              <th scope="col">Mood, -1 to 1</th>
              <th scope="col">Words</th>
            </tr>
          </thead>
          <tbody>
            {moods.map(({ seq, at, mood, text }) => (
              <tr key={seq}>
                <th scope="row">{clock(at)}</th>
                <td>{mood.toFixed(1)}</td>
                <td className={classes.words}>{text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}
