using System.Collections.Immutable;
using System.Text.Json;
using Aria.Testing;

namespace Aria.Scheduling.Tests;

/// <summary>specs/vectors/scheduling: swarms with the plan that an exhaustive search in another language found.</summary>
public class SchedulingVectorTests
{
    public static TheoryData<string> Names => [.. Cases.Keys];

    private static readonly Dictionary<string, JsonElement> Cases = JsonDocument
        .Parse(File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "scheduling", "cases.json")))
        .RootElement.GetProperty("cases").EnumerateArray().ToDictionary(one => one.GetProperty("name").GetString()!);

    [Theory]
    [MemberData(nameof(Names))]
    public void Vector_IsReproduced(string name)
    {
        JsonElement given = Cases[name];
        SwarmSnapshot swarm = new(
            Swarms.Model,
            given.GetProperty("layers").GetInt32(),
            Node(given.GetProperty("requester")),
            [.. given.GetProperty("spans").EnumerateArray().Select(ReadSpan)],
            new(given.GetProperty("links").EnumerateArray().Select(link => new Link(Node(link[0]), Node(link[1]), link[2].GetInt64()))));
        PlanResult result = PipelinePlanner.Plan(
            swarm,
            given.GetProperty("excluded").EnumerateArray().Select(Node).ToHashSet(),
            given.GetProperty("positions_needed").GetInt32());
        Assert.Equal(Expected(given.GetProperty("result")), result);
    }

    private static PlanResult Expected(JsonElement result)
    {
        if (result.TryGetProperty("uncovered", out JsonElement missing))
        {
            return new PlanResult.Uncovered(
                missing.GetProperty("embedding").GetBoolean(),
                [.. missing.GetProperty("layers").EnumerateArray().Select(gap => LayerRange.Of(gap[0].GetInt32(), gap[1].GetInt32()))],
                missing.GetProperty("head").GetBoolean());
        }

        return new PlanResult.Found(new(
            [.. result.GetProperty("stages").EnumerateArray().Select(stage => new PlannedStage(Node(stage[0]), Units(stage[1])))],
            result.GetProperty("microseconds").GetInt64()));
    }

    private static ServedSpan ReadSpan(JsonElement span)
    {
        JsonElement cost = span.GetProperty("cost");
        return new(
            Node(span.GetProperty("node")),
            Units(span.GetProperty("span")),
            new(cost[0].GetInt64(), cost[1].GetInt64(), cost[2].GetInt64()),
            span.GetProperty("max_positions").GetInt32());
    }

    private static StageSpan Units(JsonElement span) =>
        new(span[0].GetBoolean(), LayerRange.Of(span[1].GetInt32(), span[2].GetInt32()), span[3].GetBoolean());

    private static NodeId Node(JsonElement hex)
    {
        Assert.True(NodeId.TryParse(hex.GetString(), out NodeId id));
        return id;
    }
}
