using Aria.Libp2p.Benchmarks;
using Aria.Libp2p.Benchmarks.Attacks;

// peer: an end that takes commands; else what is measured.
switch (args)
{
    case ["peer", ..]:
        await CommandedPeer.RunAsync(isDefault: args.Contains("--default-limits"));
        return 0;
    case ["attack", ..]:
        AttackReport attacks = await UnderAttack.RunAsync(SecondsOf("--seconds", 10), SecondsOf("--unpaced-seconds", 0), ValueOf("--only"));
        Console.Write(attacks.ToMarkdown());
        if (ValueOf("--out") is { } to)
        {
            await File.WriteAllTextAsync(to + ".md", attacks.ToMarkdown());
            await File.WriteAllTextAsync(to + ".json", attacks.ToJson());
        }

        return 0;
    case ["compare" or "idle" or "all", ..]:
        List<Figure> figures = [];
        int rounds = ValueOf("--rounds") is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 5;
        if (args[0] is "compare" or "all")
        {
            figures.AddRange(await new Comparison(rounds).RunAsync());
        }

        if (args[0] is "idle" or "all")
        {
            figures.AddRange(await IdleConnections.RunAsync());
        }

        Console.Write(Report.Markdown(figures));
        if (ValueOf("--out") is { } path)
        {
            await File.WriteAllTextAsync(path + ".md", Report.Markdown(figures));
            await File.WriteAllTextAsync(path + ".json", Report.ToJson(figures));
        }

        return 0;
    default:
        Console.Error.WriteLine("""
            Measures the libp2p stack, against js-libp2p where that has the same (needs node, and `npm ci --ignore-scripts` in tests/interop).
              compare [--rounds N] [--out PATH]     throughput, CPU, garbage, latencies, ours and js in turn
              idle [--out PATH]                     memory of idle connections
              all [--rounds N] [--out PATH]         both of them
              attack [--seconds S] [--unpaced-seconds S] [--only NAME] [--out PATH]
                                                    an honest peer's pings beside attackers, at a rate and as fast as they can
            PATH.md and PATH.json are written.
            """);
        return 2;
}

TimeSpan SecondsOf(string option, double otherwise) =>
    TimeSpan.FromSeconds(ValueOf(option) is { } text ? double.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : otherwise);

string? ValueOf(string option)
{
    int at = Array.IndexOf(args, option);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
}
