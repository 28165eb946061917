namespace Aria.Engine.Tests.Execution.Transcripts;

/// <summary>A few points of a grid in which every pair of values of any two axes stands together at least once, chosen greedily.</summary>
internal static class PairwiseCover
{
    /// <summary>The points; always the same for the same sizes.</summary>
    public static List<int[]> Of(int[] sizes)
    {
        HashSet<(int Axis, int Value, int Other, int OtherValue)> open =
        [
            .. from a in Enumerable.Range(0, sizes.Length)
               from b in Enumerable.Range(a + 1, sizes.Length - a - 1)
               from x in Enumerable.Range(0, sizes[a])
               from y in Enumerable.Range(0, sizes[b])
               select (a, x, b, y),
        ];
        List<int[]> points = [];
        while (open.Count > 0)
        {
            (int a, int x, int b, int y) = open.Min();
            int[] point = new int[sizes.Length];
            List<int> fixedAxes = [a, b];
            (point[a], point[b]) = (x, y);
            foreach (int axis in Enumerable.Range(0, sizes.Length).Except([a, b]))
            {
                int Gain(int value) => fixedAxes.Count(other => open.Contains(axis < other ? (axis, value, other, point[other]) : (other, point[other], axis, value)));
                point[axis] = Enumerable.Range(0, sizes[axis]).MaxBy(Gain);
                fixedAxes.Add(axis);
            }

            open.RemoveWhere(pair => point[pair.Axis] == pair.Value && point[pair.Other] == pair.OtherValue);
            points.Add(point);
        }

        return points;
    }
}
