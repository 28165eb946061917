using System.Globalization;

namespace Aria.Benchmarks;

/// <summary>Another program, as the command line tells it: <c>name=…,bench=…,model=…</c>.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="Bench">Its <c>llama-bench</c>; null when only <paramref name="Batched"/> runs.</param>
/// <param name="Batched">Its <c>llama-batched-bench</c>; null leaves sequences together out.</param>
/// <param name="Model">Its model file: the same weights, in its own format.</param>
/// <param name="Kinds">The tests it takes part in.</param>
/// <param name="Targets">Least ratio of ours to its that is aimed for.</param>
internal sealed record PeerSpec(string Name, string? Bench, string? Batched, string Model, IReadOnlySet<TestKind> Kinds, IReadOnlyDictionary<TestKind, double> Targets)
{
    public const string Form = "name=NAME,model=FILE,bench=LLAMA-BENCH[,batched=LLAMA-BATCHED-BENCH][,tests=decode+prefill+together][,decode=RATIO][,prefill=RATIO][,together=RATIO]";

    /// <exception cref="FormatException">It is not of this form, or a file is missing.</exception>
    public static PeerSpec Parse(string text)
    {
        Dictionary<string, string> parts = [];
        foreach (string part in text.Split(','))
        {
            if (part.Split('=', 2) is not [var key, { Length: > 0 } value] || !parts.TryAdd(key.Trim(), value))
            {
                throw new FormatException($"\"{part}\" in \"{text}\": expected is {Form}");
            }
        }

        string? Take(string key) => parts.Remove(key, out string? value) ? value : null;
        string? File(string key) => Take(key) is not { } path ? null : System.IO.File.Exists(path) ? path : throw new FormatException($"{key}: there is no file {path}");

        string name = Take("name") ?? throw new FormatException($"A peer needs a name: {Form}");
        string model = File("model") ?? throw new FormatException($"{name} needs a model: {Form}");
        (string? bench, string? batched) = (File("bench"), File("batched"));
        string? tests = Take("tests");
        HashSet<TestKind> kinds = [];
        foreach (TestKind kind in Enum.GetValues<TestKind>())
        {
            bool able = (kind == TestKind.Together ? batched : bench) is not null;
            if (able && (tests is null || tests.Split('+').Contains(kind.ToString(), StringComparer.OrdinalIgnoreCase)))
            {
                kinds.Add(kind);
            }
        }

        Dictionary<TestKind, double> targets = [];
        foreach (TestKind kind in Enum.GetValues<TestKind>())
        {
            if (Take(kind.ToString().ToLowerInvariant()) is { } target)
            {
                targets.Add(kind, double.TryParse(target, NumberStyles.Float, CultureInfo.InvariantCulture, out double ratio) && ratio > 0 ? ratio : throw new FormatException($"{name}: \"{target}\" is no ratio"));
            }
        }

        return parts.Count > 0
            ? throw new FormatException($"{name}: \"{parts.Keys.First()}\" is not known: {Form}")
            : kinds.Count == 0
                ? throw new FormatException($"{name} has no program for any test: {Form}")
                : new(name, bench, batched, model, kinds, targets);
    }
}
