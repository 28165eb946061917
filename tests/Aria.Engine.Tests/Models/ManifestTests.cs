using System.Text.Json;
using Aria.Engine.Models;
using Aria.Testing;

namespace Aria.Engine.Tests.Models;

/// <summary>The id of the built-in model, against a second implementation of specs/model.md.</summary>
public class ManifestTests
{
    private static readonly JsonElement Vector = JsonDocument
        .Parse(File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "model", "aria-tiny.json"))).RootElement;

    [Fact]
    public void TheManifest_IsTheVectors()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        Assert.Equal(Vector.GetProperty("manifest").GetString(), Convert.ToHexStringLower(model.Manifest.Span));
        Assert.Equal(Vector.GetProperty("id").GetString(), model.Id.ToString());
        Assert.Equal(Vector.GetProperty("layers").EnumerateArray().Select(one => one.GetString()), Enumerable.Range(0, model.Shape.Layers).Select(layer => model.LayerDigest(layer).ToString()));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.LayerDigest(model.Shape.Layers));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.LayerDigest(-1));
    }

    [Fact]
    public void TheFileByItsPath_IsTheBuiltInModel()
    {
        using ModelFile builtIn = ModelFile.Open("aria-tiny");
        using ModelFile file = ModelFile.Open(BuiltIn.Path);
        Assert.Equal(builtIn.Id, file.Id);
        Assert.Equal(builtIn.Shape, file.Shape);
        Assert.Equal(("aria-tiny", "bitnet-25", new FileInfo(BuiltIn.Path).Length), (file.Name, file.Architecture, file.FileBytes));
    }

    [Fact]
    public void AManifestAskedForAfterTheModelWasDisposed_IsRefused()
    {
        ModelFile model = ModelFile.Open("aria-tiny");
        model.Dispose();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Id);
    }
}
