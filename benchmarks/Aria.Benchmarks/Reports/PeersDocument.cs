using System.Text.Json;
using Aria.Benchmarks.Contenders;

namespace Aria.Benchmarks.Reports;

/// <summary>What a comparison found.</summary>
/// <param name="Schema"><see cref="SchemaName"/>.</param>
/// <param name="MeasuredAt">When it began.</param>
/// <param name="Threads">Compute threads of every contender.</param>
/// <param name="Rounds">Samples of each figure.</param>
/// <param name="Contenders">Who; ours first.</param>
/// <param name="Figures">Tokens per second.</param>
/// <param name="Ratios">Ours to each peer's.</param>
/// <param name="Environment">The machine, as <c>aria bench</c> tells it.</param>
internal sealed record PeersDocument(
    string Schema,
    DateTimeOffset MeasuredAt,
    int Threads,
    int Rounds,
    IReadOnlyList<ContenderDocument> Contenders,
    IReadOnlyList<Figure> Figures,
    IReadOnlyList<RatioFigure> Ratios,
    JsonElement? Environment)
{
    public const string SchemaName = "aria.bench.peers/1";

    public static PeersDocument Of(Race race, AriaContender own, IReadOnlyList<(PeerSpec Spec, IContender Contender)> peers, Workload workload, int rounds, DateTimeOffset at)
    {
        IContender[] all = [own, .. peers.Select(peer => peer.Contender)];
        Figure[] figures =
        [
            .. from test in workload.Tests from contender in all where race.Samples(contender, test) is not null
               select Figure.Of(test, contender.Name, race.Samples(contender, test)!),
        ];
        RatioFigure[] ratios =
        [
            .. from test in workload.Tests from peer in peers where race.Samples(peer.Contender, test) is not null
               select RatioFigure.Of(test, peer.Spec, race.Samples(own, test)!, race.Samples(peer.Contender, test)!),
        ];
        return new(SchemaName, at, workload.Threads, rounds, [.. all.Select(ContenderDocument.Of)], figures, ratios, own.Environment);
    }
}

/// <summary>A program and its model file.</summary>
internal sealed record ContenderDocument(string Name, string? Version, string ModelFile, long ModelBytes)
{
    public static ContenderDocument Of(IContender contender) => new(contender.Name, contender.Version, Path.GetFileName(contender.Model), new FileInfo(contender.Model).Length);
}

/// <summary>Tokens per second of one contender in one test.</summary>
internal sealed record Figure(string Test, string Contender, double Median, double Lowest, double Highest, IReadOnlyList<double> Samples)
{
    public static Figure Of(Test test, string contender, IReadOnlyList<double> samples)
    {
        Statistics of = Statistics.Of(samples);
        return new(test.ToString(), contender, of.Median, of.Lowest, of.Highest, samples);
    }
}

/// <summary>Ours to a peer's.</summary>
/// <param name="Test">The test.</param>
/// <param name="Peer">The peer.</param>
/// <param name="OfMedians">Our median over the peer's.</param>
/// <param name="LowestOfRounds">The lowest ratio within a round.</param>
/// <param name="HighestOfRounds">The highest.</param>
/// <param name="Target">What is aimed for at least; null where nothing is.</param>
internal sealed record RatioFigure(string Test, string Peer, double OfMedians, double LowestOfRounds, double HighestOfRounds, double? Target)
{
    public static RatioFigure Of(Test test, PeerSpec peer, IReadOnlyList<double> own, IReadOnlyList<double> theirs)
    {
        Statistics rounds = Statistics.Of(own.Zip(theirs, (a, b) => a / b));
        return new(
            test.ToString(), peer.Name, Statistics.Of(own).Median / Statistics.Of(theirs).Median, rounds.Lowest, rounds.Highest,
            peer.Targets.TryGetValue(test.Kind, out double target) ? target : null);
    }
}
