using Aria.Engine.Models;
using Aria.Gateway.Errors;
using Aria.Gateway.Responses;
using Aria.Scheduling;

namespace Aria.Gateway.Models;

/// <summary>The models that requests may name: those whose tokenizer is here, with what the network serves of them now.</summary>
/// <param name="models">Opened files.</param>
/// <param name="swarmOf">Who serves what of a model now.</param>
/// <param name="opened">When the files were opened; told as the models' creation.</param>
internal sealed class ModelCatalog(IReadOnlyList<ModelFile> models, Func<ModelFile, SwarmSnapshot> swarmOf, DateTimeOffset opened)
{
    /// <summary>A model by its name.</summary>
    /// <exception cref="RequestRefusedException">404 <c>model_not_found</c>.</exception>
    public ModelFile Require(string name) =>
        models.FirstOrDefault(model => model.Name == name) ?? throw new RequestRefusedException(ApiError.ModelNotFound(name));

    /// <summary>All of them.</summary>
    public ModelList List() => new([.. models.Select(Card)]);

    /// <summary>One of them as clients see it.</summary>
    public ModelCard Card(ModelFile model)
    {
        int layers = model.Shape.Layers;
        SwarmSnapshot swarm = swarmOf(model);
        int[] coverage = [.. Enumerable.Range(0, layers).Select(layer => swarm.Spans.Where(span => span.Span.Layers.Contains(layer)).Select(span => span.Node).Distinct().Count())];
        return new(model.Name, opened.ToUnixTimeSeconds(), new(model.Id.ToString(), layers, model.Shape.Context, coverage, Route(swarm) is PlanResult.Found));
    }

    /// <summary>Whether a request to each model would find its way.</summary>
    public Health Health()
    {
        if (models.Count == 0)
        {
            return new("no_route", "This node has no model.");
        }

        foreach (ModelFile model in models)
        {
            if (Route(swarmOf(model)) is PlanResult.Uncovered uncovered)
            {
                return new("no_route", $"No node serves {uncovered.Missing} of {model.Name}.");
            }
        }

        return new("ok", null);
    }

    private static PlanResult Route(SwarmSnapshot swarm) => PipelinePlanner.Plan(swarm, excluded: null, positionsNeeded: 1);
}
